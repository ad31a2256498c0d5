// Messages that wait for a time of their own: given out by time, and by arrival where times are equal.
//
//     DueQueue waiting(ordered);
//     if (int64_t due = waiting.earliest(m, now + 5s, now); due > now) waiting.add(m, due);
//     while (size_t n = waiting.take(now, batch)) pass(batch, n);
//
// On an ordered route a lane's messages wait for each other: none is due before those in front of it. Times are
// nanoseconds of the steady clock. On the shard.
#pragma once
#include <leat/sdk/flow/settle.hpp>

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <vector>

#include "holding/message_pool.hpp"

namespace leat::holding {

class DueQueue {
  public:
    static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

    void keep_lanes(bool ordered) { ordered_ = ordered; }

    /// When a message that could go at `due` may go: not before what waits in its lane. Take what is due by now
    /// first.
    int64_t earliest(const leat_message& message, int64_t due) const {  // hot: per message
        if (!ordered_ || heap_.empty()) return due;
        const auto lane = last_.find(message.lane);
        return lane == last_.end() ? due : std::max(due, lane->second);
    }

    /// Keeps a message until `due`, of earliest(). Returns its number, for at().
    uint32_t add(const leat_message& message, int64_t due) {  // hot: per message
        const uint32_t number = messages_.add(message);
        heap_.push_back({due, ++arrivals_, number});
        std::push_heap(heap_.begin(), heap_.end());
        if (ordered_) last_[message.lane] = due;
        return number;
    }
    /// One that waits.
    leat_message& at(uint32_t number) { return messages_.at(number); }

    /// Moves up to LEAT_BATCH_MAX messages that are due by now out into `into`; 0: none is.
    size_t take(int64_t now, leat_message* into) {
        size_t n = 0;
        while (n < LEAT_BATCH_MAX && next_due() <= now) {
            std::pop_heap(heap_.begin(), heap_.end());
            into[n++] = messages_.take(heap_.back().number);
            heap_.pop_back();
        }
        if (heap_.empty()) {
            last_.clear();
        } else if (last_.size() > 1024 && last_.size() > 2 * heap_.size()) {
            std::erase_if(last_, [now](const auto& lane) { return lane.second <= now; });
        }
        return n;
    }

    int64_t next_due() const { return heap_.empty() ? kNever : heap_.front().due; }
    size_t size() const { return heap_.size(); }

    /// Settles ABANDON what waits, all or of one lane.
    void abandon_all() {
        abandon([](const leat_message&) { return true; });
        last_.clear();
    }
    void abandon_lane(uint32_t lane) {
        abandon([lane](const leat_message& m) { return m.lane == lane; });
        last_.erase(lane);
    }

  private:
    struct Item {
        int64_t due;
        uint32_t arrival;  // goes round: fewer than 2^31 wait
        uint32_t number;
        bool operator<(const Item& other) const {  // the heap's front is the largest: the earliest
            return due != other.due ? due > other.due : static_cast<int32_t>(arrival - other.arrival) > 0;
        }
    };

    template <class F>
    void abandon(F&& is_gone) {
        std::vector<leat_message> gone;
        std::erase_if(heap_, [&](const Item& item) {
            if (!is_gone(messages_.at(item.number))) return false;
            gone.push_back(messages_.take(item.number));
            return true;
        });
        std::make_heap(heap_.begin(), heap_.end());
        Settlements up;
        for (const leat_message& m : gone) up.end(m, LEAT_ABANDON);
    }

    bool ordered_ = true;
    uint32_t arrivals_ = 0;
    std::vector<Item> heap_;
    MessagePool messages_;
    std::unordered_map<uint32_t, int64_t> last_;  // of each lane that waits: when its last one is due
};

}  // namespace leat::holding
