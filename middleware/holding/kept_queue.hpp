// Messages that wait in the order in which they came, each until its time: 88 bytes for one, and 40 more (while
// their vector grows up to 160) for each run of them that wait for the same time with neighbouring receipts: a batch
// mostly is one run where a stage holds all alike, each message is one of its own where it spreads them.
//
//     KeptQueue waiting;
//     const uint64_t number = waiting.push(message, due);    // due: not before the last one's
//     while (waiting.next_due() <= now) batch[n++] = waiting.pop();
//
// What a message points to stays the caller's: its reference goes in and comes out. On the shard.
#pragma once
#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/flow/fifo.hpp>
#include <leat/sdk/flow/kept.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <utility>

namespace leat::holding {

class KeptQueue {
  public:
    static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

    /// Returns its number: it can be reached by that until it is popped.
    uint64_t push(const leat_message& message, int64_t due) {  // hot: per message
        const uint64_t number = next_++;
        if (number % kChunk == 0) chunks_.push_back(std::make_unique_for_overwrite<Kept[]>(kChunk));
        at(number).keep(message);
        if (runs_.empty() || !runs_.back().goes_on(message.receipt, due)) {
            runs_.push_back({number, next_, due, message.receipt});
        }
        runs_.back().end = next_;
        return number;
    }
    leat_message pop() {  // hot: per message
        Run& run = runs_.front();
        leat_message message = at(first_).message();
        message.receipt = run.receipt(first_);
        if (++first_ == run.end) runs_.pop_front();
        if (first_ % kChunk == 0) chunks_.pop_front();
        return message;
    }

    bool empty() const { return first_ == next_; }
    size_t size() const { return next_ - first_; }
    int64_t next_due() const { return empty() ? kNever : runs_.front().due; }

    /// Moves one out of its buffer, if that is much larger than the message.
    void compact(Services services, uint64_t number) {
        leat_message message = at(number).message();
        leat::compact(services, message);
        at(number).keep(message);
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
    static constexpr size_t kChunk = 256;
    struct Run {
        uint64_t begin;  // its numbers
        uint64_t end;
        int64_t due;
        leat_receipt first;

        leat_receipt receipt(uint64_t number) const { return {first.settler, first.token + (number - begin)}; }
        bool goes_on(const leat_receipt& next, int64_t next_due) const {
            return next_due == due && next.settler == first.settler && next.token == receipt(end).token;
        }
    };

    Kept& at(uint64_t number) { return chunks_[number / kChunk - first_ / kChunk][number % kChunk]; }

    std::deque<std::unique_ptr<Kept[]>> chunks_;
    Fifo<Run> runs_;
    uint64_t first_ = 0;
    uint64_t next_ = 0;
};

}  // namespace leat::holding
