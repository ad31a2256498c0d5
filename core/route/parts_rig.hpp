// What a Rig is made of: a source of numbered messages, and sinks and stages that do what a test needs.
#pragma once
#include <leat/sdk/handler.hpp>
#include <leat/sdk/sink.hpp>
#include <leat/sdk/source.hpp>

#include <algorithm>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace leat::route::test {

/// What arrived at a sink: "topic:payload", in order.
struct Arrivals {
    mutable std::mutex mutex;
    std::vector<std::string> all;
    void add(std::string one) {
        const std::lock_guard lock(mutex);
        all.push_back(std::move(one));
    }
    std::vector<std::string> get() const {
        const std::lock_guard lock(mutex);
        return all;
    }
};

struct Answer {
    uint32_t outcome = LEAT_ACK;
    uint32_t code = LEAT_NONE;
};

/// Messages "0", "1", ... on topics t0 .. t<lanes-1>, by credit.
class Numbered final : public Source {
  public:
    using Dress = std::function<void(leat_message&)>;  ///< what it points to lives as long as the test
    Numbered(int count, int lanes, Dress dress) : count_(count), lanes_(lanes), dress_(std::move(dress)) {}
    void start() override {
        window_ = &open_window();
        wake();
    }
    void resume() override {
        while (emitting() && sent_ < count_ && window_->credit() > 0) {
            void* data = nullptr;
            leat_buffer* buffer = services().host->buffer_new(services().me, 64, &data);
            char* at = static_cast<char*>(data);
            const std::string topic = "t" + std::to_string(sent_ % lanes_);
            const std::string payload = std::to_string(sent_++);
            std::copy(topic.begin(), topic.end(), at);
            std::copy(payload.begin(), payload.end(), at + 32);
            leat_message m{};
            m.topic = {at, topic.size()};
            m.payload = {at + 32, payload.size()};
            m.buffer = buffer;
            m.lane = lane_of(topic);
            if (dress_) dress_(m);
            emit(*window_, &m, 1);
        }
    }
    void advanced(InFlight&) override {}
    void stop() override {
        forget(*window_);
        stopped();
    }

  private:
    int count_, lanes_, sent_ = 0;
    Dress dress_;
    InFlight* window_ = nullptr;
};

/// Answers as scripted, one turn later.
class Scripted final : public Sink {
  public:
    using Script = std::function<Answer(const leat_message&, const std::string& shown)>;
    Scripted(Arrivals& arrivals, Script script) : arrivals_(arrivals), script_(std::move(script)) {}

    void push(Batch& batch) override {
        while (const leat_message* m = batch.next()) {
            const std::string shown = std::string(view(m->topic)) + ":" + std::string(view(m->payload));
            const Answer answer = is_stopping_ ? Answer{LEAT_ABANDON} : script_ ? script_(*m, shown) : Answer{};
            if (answer.outcome == LEAT_ACK) arrivals_.add(shown);
            held_.push_back({*m, answer});
        }
        services().defer([](void* self) { static_cast<Scripted*>(self)->answer(); }, this);
    }
    void stop() override {
        is_stopping_ = true;
        answer();
        stopped();
    }

  private:
    void answer() {
        const auto now = std::move(held_);
        held_.clear();
        Settlements done;
        for (const auto& [m, a] : now) {
            if (a.outcome == kNever && !is_stopping_) {
                held_.push_back({m, a});
            } else if (a.outcome == LEAT_ACK) {
                done.end(m, LEAT_ACK, a.code);
            } else {
                done.end(m, a.outcome == kNever ? LEAT_ABANDON : a.outcome, a.code, "as the script says");
            }
        }
    }

  public:
    static constexpr uint32_t kNever = 99;  ///< keeps it until the sink is stopped

  private:
    Arrivals& arrivals_;
    Script script_;
    std::vector<std::pair<leat_message, Answer>> held_;
    bool is_stopping_ = false;
};

/// A sink that keeps the promise of LEAT_SINK_IN_ORDER: what it refuses blocks its lane until RESUME. Answers a turn
/// later.
class InOrder final : public Sink {
  public:
    InOrder(Arrivals& arrivals, Scripted::Script script) : arrivals_(arrivals), script_(std::move(script)) {}

    void push(Batch& batch) override {
        while (const leat_message* m = batch.next()) {
            const std::string shown = std::string(view(m->topic)) + ":" + std::string(view(m->payload));
            if (m->flags & LEAT_MESSAGE_RESUME) blocked_.erase(m->lane);
            Answer answer{LEAT_RETRY, LEAT_HELD};
            if (!blocked_.contains(m->lane)) answer = script_(*m, shown);
            if (answer.outcome == LEAT_ACK) {
                arrivals_.add(shown);
            } else {
                blocked_.insert(m->lane);
            }
            held_.push_back({*m, answer});
        }
        services().defer([](void* self) { static_cast<InOrder*>(self)->answer(); }, this);
    }
    void stop() override {
        answer();
        stopped();
    }

  private:
    void answer() {
        const auto now = std::move(held_);
        held_.clear();
        Settlements done;
        for (const auto& [m, a] : now) done.end(m, a.outcome, a.code);
    }

    Arrivals& arrivals_;
    Scripted::Script script_;
    std::set<uint32_t> blocked_;
    std::vector<std::pair<leat_message, Answer>> held_;
};

/// A handler that calls a function.
class Calls final : public Handler {
  public:
    explicit Calls(std::function<void(Message&)> fn) : fn_(std::move(fn)) {}
    void handle(Message& m) override { fn_(m); }

  private:
    std::function<void(Message&)> fn_;
};

/// A stage that throws at one message of each batch, as a stage with a defect would.
class Throws final : public Stage {
  public:
    explicit Throws(std::string at) : at_(std::move(at)) {}
    void push(Batch& batch) override {
        while (leat_message* m = batch.next()) {
            if (view(m->payload) == at_) throw std::runtime_error("a defect at " + at_);
            pass(m, 1);
        }
    }

  private:
    std::string at_;
};

/// A sink that breaks a rule: it says that it has stopped, and settles what it holds after that.
class After final : public Sink {
  public:
    void push(Batch& batch) override {
        while (const leat_message* m = batch.next()) held_.push_back(*m);
    }
    void stop() override {
        stopped();
        Settlements done;
        for (const leat_message& m : held_) done.end(m, LEAT_ABANDON);
    }

  private:
    std::vector<leat_message> held_;
};

/// A sink that lands what it is given before push returns.
class AtOnce final : public Sink {
  public:
    explicit AtOnce(Arrivals& arrivals) : arrivals_(arrivals) {}
    void push(Batch& batch) override {
        while (const leat_message* m = batch.next()) {
            arrivals_.add(std::string(view(m->topic)) + ":" + std::string(view(m->payload)));
            Settlements().end(*m, LEAT_ACK);
        }
    }

  private:
    Arrivals& arrivals_;
};

/// A sink that collects: it answers when it is told that nothing more comes for now.
class Collects final : public Sink {
  public:
    explicit Collects(Arrivals& arrivals) : arrivals_(arrivals) {}
    void push(Batch& batch) override {
        while (const leat_message* m = batch.next()) held_.push_back(*m);
    }
    void signal(uint32_t what, uint64_t) override {
        if (what == LEAT_SIGNAL_FLUSH) end(LEAT_ACK);
    }
    void stop() override {
        end(LEAT_ABANDON);
        stopped();
    }

  private:
    void end(uint32_t outcome) {
        Settlements done;
        for (const leat_message& m : std::exchange(held_, {})) {
            if (outcome == LEAT_ACK) arrivals_.add(std::string(view(m.topic)) + ":" + std::string(view(m.payload)));
            done.end(m, outcome);
        }
    }

    Arrivals& arrivals_;
    std::vector<leat_message> held_;
};

/// A sink that cannot even start.
class Unable final : public Sink {
  public:
    void start() override { throw std::runtime_error("no such device"); }
    void push(Batch& batch) override {
        Settlements done;
        while (const leat_message* m = batch.next()) done.end(*m, LEAT_ACK);
    }
};

}  // namespace leat::route::test
