// Messages that wait for a time of their own: given out by time, and by arrival where times are equal.
//
//     DueQueue waiting(ordered);
//     if (int64_t due = waiting.earliest(m, now + 5s, now); due > now) waiting.add(m, due);
//     while (size_t n = waiting.take(now, batch)) pass(batch, n);
//
// On an ordered route a lane's messages wait for each other: none is due before those in front of it. Those whose
// times come in the order of their arrival, mostly all, wait in a queue (88 bytes each, and 32 for each run of them
// that waits for the same time); one that overtakes waits in a heap (128 bytes). Times are nanoseconds of the
// steady clock. On the shard.
#pragma once
#include <leat/sdk/flow/settle.hpp>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "holding/kept_queue.hpp"
#include "holding/message_pool.hpp"

namespace leat::holding {

class DueQueue {
  public:
    static constexpr int64_t kNever = KeptQueue::kNever;

    void keep_lanes(bool ordered) { ordered_ = ordered; }

    /// When a message that could go at `due` may go: not before what waits in its lane. Take what is due by now
    /// first.
    int64_t earliest(const leat_message& message, int64_t due) const {  // hot: per message
        if (!ordered_ || last_.empty()) return due;
        const auto lane = last_.find(message.lane);
        return lane == last_.end() ? due : std::max(due, lane->second);
    }

    /// Where one waits.
    struct Place {
        uint64_t number;
        bool overtakes;
    };
    /// Keeps a message until `due`, of earliest().
    Place add(const leat_message& message, int64_t due) {  // hot: per message
        if (ordered_) last_[message.lane] = due;
        if (due >= in_order_from_ && Kept::fits(message)) {
            in_order_from_ = due;
            return {in_order_.push(message, due), false};
        }
        in_order_from_ = std::max(in_order_from_, due + 1);
        const uint32_t number = messages_.add(message);
        heap_.push_back({due, ++arrivals_, number});
        std::push_heap(heap_.begin(), heap_.end());
        return {number, true};
    }
    /// Moves one that waits out of its buffer, if that is much larger than the message.
    void compact(Services services, Place place) {
        if (!place.overtakes) return in_order_.compact(services, place.number);
        leat::compact(services, messages_.at(static_cast<uint32_t>(place.number)));
    }

    /// Moves up to LEAT_BATCH_MAX messages that are due by now out into `into`; 0: none is.
    size_t take(int64_t now, leat_message* into) {
        size_t n = 0;
        for (; n < LEAT_BATCH_MAX && next_due() <= now; ++n) {
            // At the same time the one in the queue came earlier: behind the one that overtook stand only later
            // times.
            into[n] = in_order_.next_due() <= heap_due() ? in_order_.pop() : pop_heap();
        }
        if (size() == 0) {
            last_.clear();
            in_order_from_ = 0;
        } else if (last_.size() > 1024 && last_.size() > 2 * size()) {
            std::erase_if(last_, [now](const auto& lane) { return lane.second <= now; });
        }
        return n;
    }

    int64_t next_due() const { return std::min(in_order_.next_due(), heap_due()); }
    size_t size() const { return in_order_.size() + heap_.size(); }

    /// Settles ABANDON what waits, all or of one lane.
    void abandon_all() {
        abandon([](const leat_message&) { return true; });
        last_.clear();
        in_order_from_ = 0;
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

    int64_t heap_due() const { return heap_.empty() ? kNever : heap_.front().due; }
    leat_message pop_heap() {
        std::pop_heap(heap_.begin(), heap_.end());
        const uint32_t number = heap_.back().number;
        heap_.pop_back();
        return messages_.take(number);
    }

    template <class F>
    void abandon(F&& is_gone) {
        std::vector<leat_message> gone;
        in_order_.remove_if(is_gone, [&](const leat_message& m) { gone.push_back(m); });
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
    KeptQueue in_order_;
    // What is due earlier overtakes: nothing in the queue is due later than this, nothing in the heap as late.
    int64_t in_order_from_ = 0;
    uint32_t arrivals_ = 0;  // in the heap
    std::vector<Item> heap_;
    MessagePool messages_;                        // of the heap
    std::unordered_map<uint32_t, int64_t> last_;  // of each lane that waits: when its last one is due
};

}  // namespace leat::holding
