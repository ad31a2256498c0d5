// Messages that wait in the order in which they came, each until its time: 88 bytes for one, and 32 more for each run
// of them that wait for the same time with neighbouring receipts: a batch mostly is one run where a stage holds all
// alike, each message is one of its own where it spreads them.
//
//     KeptQueue waiting;
//     const uint64_t number = waiting.push(message, due);    // due: not before the last one's
//     while (waiting.next_due() <= now) batch[n++] = waiting.pop();
//
// What a message points to stays the caller's: its reference goes in and comes out. On the shard.
#pragma once
#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/flow/kept.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "holding/chunks.hpp"

namespace leat::holding {

class KeptQueue {
  public:
    static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

    /// Returns its number: it can be reached by that until it is popped.
    uint64_t push(const leat_message& message, int64_t due) {  // hot: per message
        const uint64_t number = kept_.push();
        kept_.at(number).keep(message);
        if (runs_.empty() || !runs_.back().goes_on(message.receipt, due)) {
            runs_.at(runs_.push()) = {number, due, message.receipt.settler, message.receipt.token - number};
        }
        runs_.back().end = number + 1;
        return number;
    }
    leat_message pop() {  // hot: per message
        const uint64_t number = kept_.first();
        leat_message message = kept_.front().message();
        message.receipt = runs_.front().receipt(number);
        kept_.pop();
        if (number + 1 == runs_.front().end) runs_.pop();
        return message;
    }

    bool empty() const { return kept_.empty(); }
    size_t size() const { return kept_.size(); }
    int64_t next_due() const { return empty() ? kNever : runs_.front().due; }

    /// Moves one out of its buffer, if that is much larger than the message.
    void compact(Services services, uint64_t number) {
        leat_message message = kept_.at(number).message();
        leat::compact(services, message);
        kept_.at(number).keep(message);
    }

    /// Takes out those for which is_gone(message) is true, and hands them to gone(message).
    template <class Is, class Gone>
    void remove_if(Is&& is_gone, Gone&& gone) {
        KeptQueue left;
        while (!empty()) {
            const int64_t due = next_due();
            const leat_message message = pop();
            if (is_gone(message)) {
                gone(message);
            } else {
                left.push(message, due);
            }
        }
        *this = std::move(left);
    }

  private:
    struct Run {
        uint64_t end;  // behind its last number
        int64_t due;
        leat_settler* settler;
        uint64_t ahead;  // of a number is its token by so much

        leat_receipt receipt(uint64_t number) const { return {settler, number + ahead}; }
        bool goes_on(const leat_receipt& next, int64_t next_due) const {
            return next_due == due && next.settler == settler && next.token == end + ahead;
        }
    };

    Chunks<Kept> kept_;
    Chunks<Run> runs_;
};

}  // namespace leat::holding
