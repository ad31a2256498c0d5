// The head of a route that moves its dead letters back: each enters the chain at the step that refused it.
//
// The source of such a route reads the dead letter; this stands where the source of the route itself would stand:
//   - one that is chosen gets its topic, key and time back, loses the leat- headers and goes into its step. It is
//     acknowledged in the dead letter when it has landed. Refused again, it goes to the dead letter as any other.
//   - one that is not chosen (another route's, another step's, the condition does not hold) is put back: sent to the
//     dead letter as it is, and acknowledged there when that is confirmed.
//   - what this run has put there itself ends the lane: it and what follows stays unacknowledged, so that a run ends.
// Nothing is lost at a kill; what was put back or had landed without being acknowledged is there twice.
//
// On the shard.
#pragma once
#include "route/control.hpp"

#include <leat/plugin.h>
#include <leat/sdk/flow/token.hpp>
#include <leat/sdk/services.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace leat::route {

/// A dead letter as it was found; views of the message.
struct DeadLetterSeen {
    std::string_view route, step, reason, attempts, topic, key, time;
    bool is_chosen = false;
    std::string why_not;
};

struct RedrivePlan {
    std::string run;                            ///< a name of this run, unlike any other's
    std::string branch;                         ///< whose dead letter it is; empty: the route's
    std::string step;                           ///< only what this step refused; empty: all
    std::string at;                             ///< enter there, whichever step refused it; empty: at that step
    const leat_condition* condition = nullptr;  ///< only what it holds for; on the original topic, with all headers
    uint64_t limit = 0;                         ///< so many at most; 0: all
    double rate = 0;                            ///< so many a second; 0: as fast as it goes
    bool only_look = false;                     ///< nothing is sent and nothing acknowledged
    std::function<void(const DeadLetterSeen&)> seen;  ///< on the shard; may be empty
};

/// What a redriven message remembers of its earlier life, asked for by leat_ext::query(kRedriven).
inline constexpr const char* kRedriven = "leat.redriven";
inline constexpr const char* kRunHeader = "leat-redrive";
struct Redriven {
    uint64_t attempts;
    leat_bytes run;
};

class Redrive {
  public:
    /// entries      the steps of the route; where each begins
    /// top          where signals go in
    /// dead_letter  the sink of the dead letter
    Redrive(Control& route, const RedrivePlan& plan, std::map<std::string, leat_inlet*> entries, leat_inlet* top,
            leat_inlet* dead_letter);
    Redrive(const Redrive&) = delete;
    Redrive& operator=(const Redrive&) = delete;
    ~Redrive();

    leat_inlet* inlet() { return &inlet_; }
    void abandon_all();

    uint64_t sent() const { return sent_; }          ///< into their steps
    uint64_t put_back() const { return put_back_; }  ///< into the dead letter again, as they were
    uint64_t left() const { return left_; }          ///< untouched

  private:
    struct Inlet : leat_inlet {
        Redrive* owner;
    };
    struct Settler : leat_settler {
        Redrive* owner;
    };
    struct Returning {
        leat_message message;  // as it is sent; its receipt is the source's
        uint32_t attempts = 0;
        bool waits = false;
    };

    void push(leat_message* batch, size_t n);
    void take(leat_message& message);
    void leave(const leat_message& message);
    bool choose(const leat_message& message, DeadLetterSeen& seen);
    leat_inlet* entry_of(const DeadLetterSeen& seen) const;
    void enter(const leat_message& message);
    void enter_due();
    void put_back(const leat_message& message);
    void send_back(uint64_t token);
    void settle(const leat_settlement* batch, size_t n);
    void settle_one(const leat_settlement& s);
    void again(uint64_t token);

    Control& route_;
    const RedrivePlan& plan_;
    std::map<std::string, leat_inlet*> entries_;
    leat_inlet* top_;
    leat_inlet* dead_letter_;
    Inlet inlet_;
    Settler settler_;
    Text scratch_;
    Slots<Returning> returning_;
    std::set<uint32_t> ended_lanes_;
    std::set<std::string> told_;
    std::deque<leat_message> paced_;  // chosen, before their time
    uint64_t timer_ = 0;
    int64_t next_ns_ = 0;
    uint64_t chosen_ = 0, sent_ = 0, put_back_ = 0, left_ = 0;
    bool abandoning_ = false;
};

}  // namespace leat::route
