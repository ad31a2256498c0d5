// A branch with "best_effort": acknowledged as soon as a message is queued for it, so that a branch whose sink is
// away does not stall the others.
//
// At most `queue` messages are queued or under way below; what comes then is dropped and counted: the newest
// (settled ACK, DISCARDED), or the oldest that still waits here. On the shard.
#pragma once
#include "route/control.hpp"

#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/flow/token.hpp>

#include <deque>
#include <string>

namespace leat::route {

class BestEffort {
  public:
    BestEffort(Control& route, std::string branch, size_t queue, bool drops_oldest);
    BestEffort(const BestEffort&) = delete;
    BestEffort& operator=(const BestEffort&) = delete;
    ~BestEffort();

    void open(leat_inlet* next) { next_ = next; }
    leat_inlet* inlet() { return &inlet_; }

    bool is_idle() const { return under_way_.empty() && waiting_.empty(); }
    /// The route is stopping: what waits is dropped, and counted.
    void abandon_all();

    const std::string& branch() const { return branch_; }
    uint64_t queued() const { return under_way_.size() + waiting_.size(); }
    uint64_t dropped() const { return dropped_; }        ///< the queue was full, or the route stopped
    uint64_t not_landed() const { return not_landed_; }  ///< ended below without having landed
    uint64_t stale() const { return stale_; }            ///< settlements of no message in flight; ignored

  private:
    struct Inlet : leat_inlet {
        BestEffort* owner;
    };
    struct Settler : leat_settler {
        BestEffort* owner;
    };

    void push(leat_message* batch, size_t n);
    bool make_room();
    void signal(uint32_t what, uint64_t arg);
    void settle(const leat_settlement* batch, size_t n);
    void go_on();
    void flush();

    void count_drop();

    Control& route_;
    std::string branch_;
    size_t queue_;
    size_t most_below_;
    bool drops_oldest_;
    Inlet inlet_;
    Settler settler_;
    leat_inlet* next_ = nullptr;
    Slots<char> under_way_;             // the slots alone matter
    std::deque<leat_message> waiting_;  // acknowledged, in memory of their own
    uint64_t dropped_ = 0;
    uint64_t not_landed_ = 0;
    uint64_t stale_ = 0;
    uint64_t timer_ = 0;
    bool was_flushed_ = false;
    bool abandoning_ = false;
};

}  // namespace leat::route
