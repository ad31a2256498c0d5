// The plugin `probe`: both ends of a route in the hands of the test program.
//
// The stage `tap` is where messages end: it settles their receipts itself, so there is no failure policy between it
// and the source, and what stands below it never gets anything. The backend `feed` is a source that sends what it is
// told and writes down every settlement, and a sink that acknowledges. See door.hpp.
#include <leat/sdk/export.hpp>

#include <cstring>
#include <fstream>
#include <memory>
#include <utility>

#include "conformance/probe/door.hpp"

namespace leat::test {
namespace {

Door& door() {
    static Door the;
    return the;
}

std::optional<std::string> text_of(leat_bytes b) {
    if (!present(b)) return std::nullopt;
    return std::string(view(b));
}

Arrival arrival_of(const leat_message& m) {
    Arrival a;
    a.topic = view(m.topic);
    a.key = text_of(m.key);
    a.payload = text_of(m.payload);
    for (std::uint32_t i = 0; i < m.header_count; ++i) {
        a.headers.emplace_back(view(m.headers[i].name), view(m.headers[i].value));
    }
    a.lane = m.lane;
    a.is_redelivered = (m.flags & LEAT_MESSAGE_REDELIVERED) != 0;
    a.timestamp_ns = m.timestamp_ns;
    return a;
}

/** Ends messages as the test's Tap says. Without one, as in a process that is to be killed, it holds all and writes
 * their numbers down. */
class TapStage final : public leat::Stage {
  public:
    std::string id;
    Path record;

    static auto options() {
        return leat::options(
            leat::option<&TapStage::id>("id", "Id of the Tap that the test program has set.").required(),
            leat::option<&TapStage::record>("record", "File that the numbers of arrivals are appended to."));
    }

    void start() override {
        is_stopping_ = false;
        tap_ = door().tap(id);
        if (tap_ != nullptr) tap_->attach(services(), &TapStage::settle_wanted, this);
        if (!record.text.empty()) file_.open(record.text, std::ios::app);
    }

    void push(Batch& batch) override {
        Settlements done;
        while (const leat_message* m = batch.next()) {
            if (is_stopping_) {
                done.end(*m, LEAT_ABANDON);
                continue;
            }
            Arrival arrival = arrival_of(*m);
            if (file_.is_open()) file_ << number_of(arrival) << std::endl;
            const Answer answer = tap_ != nullptr ? tap_->take(std::move(arrival), content_size(*m)) : Answer::hold;
            if (answer == Answer::hold) {
                held_.push_back(*m);
            } else {
                if (tap_ != nullptr) tap_->let_go(content_size(*m));
                done.end(*m, static_cast<std::uint32_t>(answer), LEAT_NONE, "as the test says");
            }
        }
    }

    void signal(std::uint32_t what, std::uint64_t arg) override {
        if (what == LEAT_SIGNAL_FLUSH && tap_ != nullptr && tap_->lets_go()) {
            services().defer(&TapStage::settle_wanted, this);
        }
        Stage::signal(what, arg);
    }

    void stop() override {
        is_stopping_ = true;
        if (tap_ != nullptr) tap_->detach();
        settle(LEAT_ABANDON);
        stopped();
    }

  private:
    static void settle_wanted(void* self) {
        auto* stage = static_cast<TapStage*>(self);
        if (!stage->is_stopping_) stage->settle(static_cast<std::uint32_t>(stage->tap_->wanted()));
    }
    void settle(std::uint32_t outcome) {
        const auto now = std::exchange(held_, {});
        for (const leat_message& m : now) {
            if (tap_ != nullptr) tap_->let_go(content_size(m));
        }
        Settlements done;
        for (const leat_message& m : now) done.end(m, outcome);
    }

    Tap* tap_ = nullptr;
    std::vector<leat_message> held_;
    std::ofstream file_;
    bool is_stopping_ = false;
};

/** One message's memory; tells the feed when it is gone. */
struct FeedBuffer : leat_buffer {
    Feed* feed;
    Sample sample;
    std::vector<leat_header> headers;
};

/** Sends what the test's Feed has, by credit. */
class FeedSource final : public Component {
  public:
    FeedSource(Feed* feed) : feed_(feed) {
        frame_.flow = &flow_;
        frame_.hold = [](leat_component* c) {
            guarded(*owner(c), [](Component& o) { static_cast<FeedSource&>(o).hold(); });
        };
        flow_ = {};
        flow_.size = sizeof flow_;
        settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
            static_cast<Settler*>(s)->owner->settle(batch, n);
        };
        settler_.owner = this;
    }

    void on_start(leat_inlet* next) override {
        next_ = next;
        emitting_ = true;
        if (feed_ == nullptr) return;
        feed_->attach(services(), &FeedSource::wake, this);
        services().defer(&FeedSource::wake, this);
    }
    void stop() override {
        emitting_ = false;
        if (feed_ != nullptr) feed_->detach();
        if (flow_.emitted == flow_.settled) return stopped();
        services().after(
            std::chrono::milliseconds(1), [](void* self) { static_cast<FeedSource*>(self)->stop(); }, this);
    }

  private:
    struct Settler : leat_settler {
        FeedSource* owner;
    };

    void hold() {
        emitting_ = false;
        next_->signal(next_, LEAT_SIGNAL_FLUSH, 0);
    }
    static void wake(void* self) { static_cast<FeedSource*>(self)->emit(); }
    void emit() {
        while (emitting_ && flow_.emitted - flow_.settled < identity().max_in_flight) {
            leat_message batch[64];
            std::size_t n = 0;
            const std::uint64_t room = identity().max_in_flight - (flow_.emitted - flow_.settled);
            while (n < std::min<std::uint64_t>(room, 64) && make(batch[n])) ++n;
            if (n == 0) return;
            flow_.emitted += n;
            flow_.span = flow_.emitted - flow_.settled;
            next_->push(next_, batch, n);
        }
    }
    bool make(leat_message& m) {
        auto buffer = std::make_unique<FeedBuffer>();
        std::uint64_t number = 0;
        if (!feed_->next(buffer->sample, number)) return false;
        const Sample& s = buffer->sample;
        m = leat_message{};
        m.topic = bytes(s.topic);
        if (s.key) m.key = bytes(*s.key);
        if (s.payload) m.payload = bytes(*s.payload);
        for (const auto& [name, value] : s.headers) buffer->headers.push_back({bytes(name), bytes(value)});
        m.headers = buffer->headers.data();
        m.header_count = static_cast<std::uint32_t>(buffer->headers.size());
        m.timestamp_ns = services().host->wall_ns();
        m.lane = lane_of(s.topic);
        buffer->refs = 1;
        buffer->flags = 0;
        buffer->capacity = content_size(m);
        buffer->feed = feed_;
        buffer->release = [](leat_buffer* b) {
            const std::unique_ptr<FeedBuffer> gone(static_cast<FeedBuffer*>(b));
            gone->feed->buffer_gone();
        };
        m.buffer = buffer.release();
        m.receipt = {&settler_, number};
        return true;
    }
    void settle(const leat_settlement* batch, size_t n) {
        for (size_t i = 0; i < n; ++i) {
            const leat_settlement& s = batch[i];
            Feed::Settled told{s.outcome, s.code, s.detail ? std::string(view(s.detail->text)) : ""};
            if (!feed_->ended(s.token, std::move(told))) {
                ++flow_.stale;
                continue;
            }
            ++flow_.settled;
            ++(s.outcome == LEAT_ACK ? flow_.landed : flow_.returned);
        }
        flow_.span = flow_.emitted - flow_.settled;
        if (emitting_) services().defer(&FeedSource::wake, this);
    }

    Feed* feed_;
    leat_flow flow_;
    Settler settler_;
    leat_inlet* next_ = nullptr;
    bool emitting_ = false;
};

/** The bottom of routes that end in a tap: nothing gets here. */
class Nowhere final : public leat::Sink {
  public:
    void push(Batch& batch) override {
        Settlements done;
        while (const leat_message* m = batch.next()) done.end(*m, LEAT_ACK);
    }
};

struct FeedOptions {
    std::string id;
    static auto options() {
        return leat::options(
            leat::option<&FeedOptions::id>("id", "Id of the Feed that the test program has set.").required());
    }
};

struct NowhereOptions {
    static auto options() { return leat::options(); }
};

struct FeedBackend : leat::Backend {
    using SourceOptions = FeedOptions;
    using SinkOptions = NowhereOptions;
    static constexpr uint32_t kFlags = LEAT_SOURCE_REJECTS;  // the test sees them
    static auto options() { return leat::options(); }
    std::unique_ptr<FeedSource> source(const Setup&, const FeedOptions& options) {
        return std::make_unique<FeedSource>(door().feed(options.id));
    }
    std::unique_ptr<leat::Sink> sink(const Setup&, Part*, const NowhereOptions&) {
        return std::make_unique<Nowhere>();
    }
};

}  // namespace
}  // namespace leat::test

extern "C" LEAT_EXPORT void* leat_probe_door() { return &leat::test::door(); }

LEAT_PLUGIN(leat::describe_stage<leat::test::TapStage>("tap", "1.0.0", "Hands what arrives to the test program."),
            leat::describe_backend<leat::test::FeedBackend>("feed", "1.0.0", "Sends what the test program says."))
