#include "try.hpp"

#include "backends.hpp"
#include "route/route.hpp"
#include "runtime/services.hpp"
#include "runtime/shard.hpp"

#include <leat/sdk/sink.hpp>
#include <leat/sdk/source.hpp>

#include <chrono>
#include <condition_variable>
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

/// Emits the one message and notes its outcome.
class Single final : public Source {
  public:
    Single(const TryMessage& message, Results& results) : message_(message), results_(results) {}
    void start() override { wake(); }
    void resume() override {
        if (was_emitted_) return;
        was_emitted_ = true;
        for (const auto& [name, value] : message_.headers) headers_.push_back({bytes(name), bytes(value)});
        leat_message m{};
        m.topic = bytes(message_.topic);
        m.key = message_.key ? bytes(*message_.key) : kAbsent;
        m.payload = message_.payload ? bytes(*message_.payload) : kAbsent;
        m.headers = headers_.data();
        m.header_count = static_cast<uint32_t>(headers_.size());
        m.timestamp_ns = services().wall().count();
        m.lane = lane_of(message_.topic);
        emit(open_window(), &m, 1);
    }
    void advanced(InFlight&) override {
        if (flow().filtered > 0)
            results_.add({"the route", "dropped", "a stage dropped it, or no branch wants it", message_, {}});
        if (flow().discarded > 0) results_.add({"the route", "discarded", "", message_, {}});
        results_.end();
    }

  private:
    const TryMessage& message_;
    Results& results_;
    std::vector<leat_header> headers_;
    bool was_emitted_ = false;
};

/// The route's stages as they are; captures instead of sinks.
class TryMakers final : public route::Makers {
  public:
    TryMakers(const TryMessage& message, Results& results, const runtime::Log& log, const runtime::Reread& reread)
        : message_(message), results_(results), log_(log), stages_(log, reread) {}

    std::unique_ptr<leat_instance> source(runtime::Shard& shard, const RoutePlan& route, std::string&) override {
        return stand_in(shard, std::make_unique<Single>(message_, results_),
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

    const TryMessage& message_;
    Results& results_;
    runtime::Log log_;
    Backends stages_;
};

}  // namespace

std::vector<TryResult> try_route(const RoutePlan& given, const TryMessage& message, const runtime::Log& log,
                                 const runtime::Reread& reread, std::string& error) {
    RoutePlan plan = given;
    plan.max_in_flight = 1;
    plan.drain_timeout = std::chrono::milliseconds(0);
    Results results;
    TryMakers makers(message, results, log, reread);
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
            results.add({"the route", "stops the route", now.why, message, {}});
        } else if (!results.wait_a_little()) {
            results.add(
                {"the route", "is still waiting", "after 5 s a stage has neither passed nor ended it", message, {}});
        }
    }
    std::promise<void> drained;
    shard.post([&] { route.drain([&] { drained.set_value(); }); });
    drained.get_future().wait();
    shard.end();
    return results.all;
}

}  // namespace leat
