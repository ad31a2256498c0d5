// A stage that lets messages wait for a time of their own and then passes them on.
//
//     class Mine : public Postponer {
//         void take(leat_message* all, size_t n) override {
//             const int64_t now = begin();
//             ... if (!later(m, now, due)) it may pass; otherwise it has been taken ...
//             finish();
//         }
//     };
//
// It wakes at most once a millisecond, and then passes on all that is due. FLUSH goes by: what waits for a time is
// not collected. Times are nanoseconds of the steady clock. On the shard.
#pragma once
#include <leat/sdk/flow/buffer.hpp>

#include <algorithm>

#include "holding/due_queue.hpp"
#include "holding/keeper.hpp"

namespace leat::holding {

class Postponer : public Keeper {
  public:
    void open() override {
        waiting_ =
            services().host->counter(services().me, LEAT_GAUGE, "waiting", "Messages that wait for their time.");
    }
    void signal(uint32_t what, uint64_t arg) override {
        if (what == LEAT_SIGNAL_FLUSH) was_flushed_ = true;
        if (what == LEAT_SIGNAL_ABANDON_LANE) {
            queue_.abandon_lane(static_cast<uint32_t>(arg));
            tell();
        }
        Stage::signal(what, arg);
    }

  protected:
    /// Whether messages of a lane wait for each other. Not needed where none can be due before an earlier one.
    void keep_lanes(bool ordered) { queue_.keep_lanes(ordered); }

    /// Passes on what is due, and tells the time.
    int64_t begin() {
        was_flushed_ = false;
        forget_batch();  // one that was not finished: its stage threw
        const int64_t now = services().now().count();
        if (queue_.next_due() <= now) release(now);
        return now;
    }
    /// The earliest that a message may go that could go at `time`.
    int64_t earliest(const leat_message& message, int64_t time) const { return queue_.earliest(message, time); }
    /// Keeps a message until `due`, of earliest(); false when that is now.
    bool later(const leat_message& message, int64_t now, int64_t due) {  // hot: per message
        if (due <= now) return false;
        if (message.buffer != shared_) judge_buffer();
        shared_ = message.buffer;
        shared_bytes_ += content_size(message);
        sharers_.push_back(queue_.add(message, due));
        return true;
    }
    /// After the last of a batch has been judged.
    void finish() {
        judge_buffer();
        arm();
        tell();
    }

    void give_up() override {
        queue_.abandon_all();
        tell();
    }

  private:
    static constexpr int64_t kGrain = 1'000'000;
    static constexpr size_t kLeastShare = 4;

    // Few small messages must not pin a large receive buffer: they move out. Those that fill a quarter of theirs
    // stay, because what keeps them for redelivery, above, pins it, too, and a copy of each would take more than it
    // frees.
    void judge_buffer() {
        if (shared_ && shared_bytes_ < shared_->capacity / kLeastShare) {
            for (const DueQueue::Place place : sharers_) queue_.compact(services(), place);
        }
        forget_batch();
    }
    void forget_batch() {
        sharers_.clear();
        shared_ = nullptr;
        shared_bytes_ = 0;
    }

    void release(int64_t now) {
        leat_message batch[LEAT_BATCH_MAX];
        while (const size_t n = queue_.take(now, batch)) pass(batch, n);
    }
    void arm() {
        const int64_t due = queue_.next_due();
        if (due == DueQueue::kNever || (timer_ && due >= timer_due_)) return;
        services().cancel(timer_);
        timer_due_ = due;
        const int64_t delay = std::max(due - services().now().count(), kGrain);
        timer_ = services().after(
            Nanoseconds(delay), [](void* self) { static_cast<Postponer*>(self)->wake(); }, this);
    }
    void wake() {
        timer_ = 0;
        forget_batch();
        release(services().now().count());
        finish();
        if (was_flushed_) next().signal(&next(), LEAT_SIGNAL_FLUSH, 0);
    }
    void tell() {
        if (queue_.size() == told_) return;
        told_ = queue_.size();
        services().host->counter_set(waiting_, told_);
    }

    DueQueue queue_;
    std::vector<DueQueue::Place> sharers_;  // kept of the batch in hand, in the same buffer
    leat_buffer* shared_ = nullptr;
    size_t shared_bytes_ = 0;
    uint64_t timer_ = 0;
    int64_t timer_due_ = 0;
    size_t told_ = 0;
    bool was_flushed_ = false;  // FLUSH came last from above: what goes on later is flushed, too
    leat_counter* waiting_ = nullptr;
};

}  // namespace leat::holding
