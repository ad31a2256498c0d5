#include "try.hpp"

#include "backends.hpp"
#include "route/route.hpp"
#include "runtime/services.hpp"
#include "runtime/shard.hpp"

#include <leat/sdk/sink.hpp>
#include <leat/sdk/source.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>

namespace leat {
namespace {

using route::RoutePlan;
using route::SinkPlan;

constexpr auto kPatience = std::chrono::seconds(5);

/// Collects results from the shard.
struct Results {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<TryResult> all;
    bool has_ended = false;

    void add(TryResult result) {
        const std::lock_guard lock(mutex);
        all.push_back(std::move(result));
    }
    void end() {
        const std::lock_guard lock(mutex);
        has_ended = true;
        changed.notify_all();
    }
    /// Whether the message has ended; waits for it up to 5 ms.
    bool wait_a_little() {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::milliseconds(5), [this] { return has_ended; });
    }
};

TryMessage shown(const leat_message& m) {
    TryMessage out;
    out.topic = view(m.topic);
    if (present(m.key)) out.key = view(m.key);
    if (present(m.payload)) out.payload = view(m.payload);
    for (uint32_t i = 0; i < m.header_count; ++i) {
        out.headers.emplace_back(view(m.headers[i].name), view(m.headers[i].value));
    }
    return out;
}

/// Says what a sink would get, and acknowledges.
class Capture final : public Sink {
  public:
    Capture(const SinkPlan& plan, std::string where, Results& results)
        : plan_(plan), where_(std::move(where)), results_(results) {}

    void push(Batch& batch) override {
        Settlements done;
        while (const leat_message* m = batch.next()) {
            TryResult result;
            result.where = where_;
            result.outcome = "lands";
            result.message = shown(*m);
            const std::string why = fill_in(*m, result);
            if (!why.empty()) {
                result.outcome = "rejected";
                result.reason = why;
            }
            results_.add(result);
            done.end(*m, why.empty() ? LEAT_ACK : LEAT_REJECT, LEAT_NONE, why);
        }
    }

  private:
    // The sink's templates for this message; returns what is missing.
    std::string fill_in(const leat_message& m, TryResult& result) {
        const leat_option* const* declared = plan_.descriptor->sink_options;
        for (size_t i = 0; declared[i]; ++i) {
            const leat_value& value = plan_.options[i];
            if (value.type != LEAT_TEMPLATE) continue;
            Template filled(services().host, value.as.template_);
            const Template::Result text = filled(m);
            if (!text.ok) return std::string(declared[i]->name) + ": " + std::string(view(text.text));
            result.options.emplace_back(declared[i]->name, view(text.text));
        }
        return {};
    }

    const SinkPlan& plan_;
    std::string where_;
    Results& results_;
};

/// Emits the messages, one by one without waiting, and notes what the route made of them.
class Given final : public Source {
  public:
    Given(const std::vector<TryMessage>& messages, Results& results) : messages_(messages), results_(results) {}
    void start() override { wake(); }
    void resume() override {
        if (emitted_ == messages_.size()) return;
        InFlight& window = open_window();
        for (const TryMessage& given : messages_) {
            const Headers& headers = headers_.emplace_back(headers_of(given));
            leat_message m{};
            m.topic = bytes(given.topic);
            m.key = given.key ? bytes(*given.key) : kAbsent;
            m.payload = given.payload ? bytes(*given.payload) : kAbsent;
            m.headers = headers.data();
            m.header_count = static_cast<uint32_t>(headers.size());
            m.timestamp_ns = services().wall().count();
            m.lane = lane_of(given.topic);
            ++emitted_;
            emit(window, &m, 1);
        }
        starved();  // what stages collect is to be seen
        end_when_idle();
    }
    void advanced(InFlight&) override {
        note(flow().filtered, filtered_, "dropped", "a stage dropped it, or no branch wants it");
        note(flow().discarded, discarded_, "discarded", "");
        end_when_idle();
    }

  private:
    using Headers = std::vector<leat_header>;

    static Headers headers_of(const TryMessage& message) {
        Headers headers;
        for (const auto& [name, value] : message.headers) headers.push_back({bytes(name), bytes(value)});
        return headers;
    }
    // Of several messages it is the one at hand that ended so, unless a stage keeps them.
    void note(uint64_t now, uint64_t& noted, const char* outcome, const char* reason) {
        for (; noted < now; ++noted) {
            results_.add({"the route", outcome, reason, messages_[emitted_ ? emitted_ - 1 : 0], {}});
        }
    }
    void end_when_idle() {
        if (emitted_ == messages_.size() && is_idle()) results_.end();
    }

    const std::vector<TryMessage>& messages_;
    Results& results_;
    std::deque<Headers> headers_;
    size_t emitted_ = 0;
    uint64_t filtered_ = 0, discarded_ = 0;
};

/// The route's stages as they are; captures instead of sinks.
class TryMakers final : public route::Makers {
  public:
    TryMakers(const std::vector<TryMessage>& messages, Results& results, const runtime::Log& log,
              const runtime::Reread& reread)
        : messages_(messages), results_(results), log_(log), stages_(log, reread) {}

    std::unique_ptr<leat_instance> source(runtime::Shard& shard, const RoutePlan& route, std::string&) override {
        return stand_in(shard, std::make_unique<Given>(messages_, results_),
                        identity_of(route, LEAT_ROLE_SOURCE, route.from_backend, "from"));
    }
    std::unique_ptr<leat_instance> stage(runtime::Shard& shard, const RoutePlan& route, const route::StagePlan& stage,
                                         const std::string& branch, std::string& error) override {
        return stages_.stage(shard, route, stage, branch, error);
    }
    std::unique_ptr<leat_instance> sink(runtime::Shard& shard, const RoutePlan& route, const SinkPlan& sink,
                                        uint32_t role, const std::string& step, leat_instance*,
                                        std::string&) override {
        const std::string where = (role == LEAT_ROLE_DEAD_LETTER ? "dead letter " : step + " ") + sink.backend;
        return stand_in(shard, std::make_unique<Capture>(sink, where, results_),
                        identity_of(route, role, sink.backend, step));
    }
    bool has_parts(const std::string&) override { return false; }
    std::unique_ptr<leat_instance> part(runtime::Shard&, const std::string&, std::string&) override {
        return nullptr;
    }

  private:
    std::unique_ptr<leat_instance> stand_in(runtime::Shard& shard, std::unique_ptr<Component> made,
                                            std::unique_ptr<runtime::Identity> identity) {
        auto instance = std::make_unique<leat_instance>(&shard, std::move(identity), log_);
        made->attach({{runtime::services(), instance.get()}, &instance->identity->c});
        instance->take(made.release()->c());
        return instance;
    }

    const std::vector<TryMessage>& messages_;
    Results& results_;
    runtime::Log log_;
    Backends stages_;
};

}  // namespace

std::vector<TryResult> try_route(const RoutePlan& given, const std::vector<TryMessage>& messages,
                                 const runtime::Log& log, const runtime::Reread& reread, std::string& error) {
    RoutePlan plan = given;
    plan.max_in_flight = std::max<uint64_t>(messages.size(), 1);
    plan.max_in_flight_bytes = uint64_t{1} << 40;
    plan.drain_timeout = std::chrono::milliseconds(0);
    Results results;
    TryMakers makers(messages, results, log, reread);
    runtime::Shard shard(0);
    route::Parts parts;
    route::Route route(plan, makers, parts, shard, [](uint32_t, const std::string&, std::string_view) {});
    shard.run();
    const auto state = [&] {
        route::RouteSnapshot now;
        shard.call([&] { now = route.snapshot(); });
        return now;
    };
    shard.call([&] { route.build(); });
    route::RouteSnapshot now = state();
    if (now.state == route::RouteState::failed) {
        error = now.why;
    } else {
        shard.call([&] { route.start(); });
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (!results.wait_a_little() && now.state != route::RouteState::failed &&
               std::chrono::steady_clock::now() < deadline) {
            now = state();
        }
        now = state();  // a policy that stops the route has done so in the turn in which the message ended
        if (now.state == route::RouteState::failed) {
            results.add({"the route", "stops the route", now.why, {}, {}});
        } else if (!results.wait_a_little()) {
            results.add(
                {"the route", "is still waiting", "after 5 s a stage has neither passed nor ended it", {}, {}});
        }
    }
    std::promise<void> drained;
    shard.post([&] { route.drain([&] { drained.set_value(); }); });
    drained.get_future().wait();
    shard.end();
    return results.all;
}

}  // namespace leat
