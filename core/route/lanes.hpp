// Lanes that a step holds because a message of theirs was refused, and what happens to that message: it waits, is
// tried again, and ends by passing, in the dead letter, or by the policy. Other lanes flow.
//
// The base of the two forms of a step's failure policy: Gate (above steps that refuse at once) and Policy (above what
// learns of failures later). They say how to try again and how to push on; this decides when.
//
//     class Gate : public HeldLanes { void try_again(...) override; void push_on(...) override; };
//
// Without order every refused message is a lane of its own, so nothing else is held. Strict order also bounds what of
// a lane is below: one message, or, where the sink is IN_ORDER, nothing new until all has come back. On the shard.
#pragma once
#include "route/control.hpp"
#include "route/dead_letter.hpp"

#include <leat/sdk/flow/settle.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace leat::route {

/// What a step's failure handling is made with.
struct StepSetup {
    Control& route;
    std::string step;  ///< its name, for logs and dead letters
    FailurePolicy policy;
    DeadLetter* dead_letter = nullptr;  ///< nullptr: there is none
    bool ordered = true;
    bool strict = false;    ///< "ordering": "strict"; for what learns of failures later
    bool in_order = false;  ///< the sink keeps the promise of LEAT_SINK_IN_ORDER
    /// When what is below came up, steady, in ns; nothing: it is not up, and no time-out counts.
    std::function<std::optional<int64_t>()> up_since = {};
};

class HeldLanes : private DeadLetterClient {
  public:
    explicit HeldLanes(StepSetup setup);
    HeldLanes(const HeldLanes&) = delete;
    HeldLanes& operator=(const HeldLanes&) = delete;
    virtual ~HeldLanes();

    void open(leat_inlet* next) { next_ = next; }
    leat_inlet* inlet() { return &inlet_; }

    /// The route is stopping: settles what waits ABANDON, and from now on whatever is refused.
    void abandon_all();

    uint64_t retries() const { return retries_; }  ///< attempts after the first
    uint64_t waiting() const { return waiting_; }  ///< refused messages and those held behind them
    const std::string& step() const { return setup_.step; }

  protected:
    /// Tries a message again, alone. When it has ended: ended(lane); refused again: refuse_again(lane, ...).
    virtual void try_again(uint64_t lane, Refused&& refused) = 0;
    /// Pushes messages of a lane that opens.
    virtual void push_on(leat_message* batch, size_t n) = 0;
    /// Passes a signal on to what is below.
    virtual void signal_on(uint32_t what, uint64_t arg) { next_->signal(next_, what, arg); }

    bool is_abandoning() const { return abandoning_; }
    /// Takes a refused message over; holds its lane from now on, also inside settle.
    void refuse(Refused&& refused) { take(lane_key(refused.message), std::move(refused), false); }
    /// The message that was tried is refused again.
    void refuse_again(uint64_t lane, Refused&& refused) { take(lane, std::move(refused), true); }
    /// Messages given back in order from behind a refused one of their lane: they stand before those held already.
    void hold_first(const std::vector<leat_message>& messages);
    /// The same, one after the other, since the last refuse() of the lane.
    void hold_next(const leat_message& message);
    /// Strict order: a message of the lane has come back from below. Then refuse it, or say ended().
    void came_back(uint32_t lane);
    /// Strict order: counts a message of the lane that goes down, and flags it where a sink IN_ORDER waits for that.
    void goes_down(leat_message& message);
    /// The message that was tried has ended.
    void ended(uint64_t lane);
    Control& route() { return setup_.route; }
    const StepSetup& setup() const { return setup_; }
    leat_inlet& next() { return *next_; }

  private:
    struct Inlet : leat_inlet {
        HeldLanes* owner;
    };
    struct Lane {
        std::deque<Refused> refused;  // by order
        std::deque<leat_message> queue;
        bool is_trying = false;
        bool is_ready = false;   // strict: in ready_
        bool resume = false;     // strict: the next one down is flagged RESUME
        uint64_t in_flight = 0;  // strict: messages below
        size_t given_back = 0;   // see hold_next
        uint64_t timer = 0;
    };

    void push(leat_message* batch, size_t n);
    void signal(uint32_t what, uint64_t arg);
    bool hold(const leat_message& message);
    void keep(Lane& lane, const leat_message& message);
    size_t admit(leat_message* batch, size_t n);
    bool is_full(const Lane& lane) const { return setup_.strict && !setup_.in_order && lane.in_flight > 0; }
    bool is_blocked(const Lane& lane) const { return !lane.refused.empty() || lane.is_trying; }
    void make_ready(uint64_t key, Lane& lane);
    void run_ready();
    void close(uint64_t key);
    void judge_age(Refused& refused) const;
    int64_t left_of_age(const Refused& refused) const;
    void abandon_lane(uint32_t lane);
    /// Behind what went down. Strict order: who collects below would wait for what waits here for it.
    void flush_on() {
        const bool is_waited_for = setup_.strict && !setup_.in_order && waiting_ > 0;
        if (was_flushed_ || is_waited_for) signal_on(LEAT_SIGNAL_FLUSH, 0);
    }
    void dead_lettered(uint64_t lane, Refused&& refused, bool landed) override;
    void take(uint64_t lane, Refused&& refused, bool was_trial);
    uint64_t lane_key(const leat_message& message);
    Lane& lane_at(uint64_t key);
    void arrange(uint64_t key, Lane& lane);
    void run(uint64_t key);
    void open_up(uint64_t key);
    void give_up(uint64_t key, Refused&& refused);
    void abandon(Lane& lane);
    std::string describe(const Refused& refused) const;

    StepSetup setup_;
    Inlet inlet_;
    leat_inlet* next_ = nullptr;
    std::unordered_map<uint64_t, std::unique_ptr<Lane>> lanes_;
    uint64_t lone_lanes_ = 0;
    uint64_t retries_ = 0;
    uint64_t waiting_ = 0;
    uint64_t discarded_ = 0;
    std::vector<uint64_t> ready_;  // strict: lanes that may go on in the next turn
    bool abandoning_ = false;
    bool was_flushed_ = false;  // FLUSH came last from above: what is pushed on later is flushed, too
};

}  // namespace leat::route
