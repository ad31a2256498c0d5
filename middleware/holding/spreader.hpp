// A stage that makes several messages of one. The one is settled when all of them are, with the worst outcome.
//
//     class Mine : public Spreader {
//         Verdict spread(const leat_message& m, Why& why) override {   // m stays as it was received
//             leat_message child = m;
//             child.topic = ...;
//             emit(child);                                             // as often as there are children
//             return Verdict::pass;                                    // nothing emitted: drop
//         }
//     };
//
// While kMaxUnsettled children are under way, what is pushed waits here, in order; the children of one message may
// exceed it. On the shard.
#pragma once
#include <leat/sdk/flow/join.hpp>

#include <utility>
#include <vector>

#include "holding/keeper.hpp"
#include "holding/out.hpp"
#include "holding/ring.hpp"
#include "holding/sift.hpp"

namespace leat::holding {

class Spreader : public Keeper {
  public:
    static constexpr size_t kMaxUnsettled = 4096;

    Spreader() : join_([this] { services().log_warning("a message was settled twice below; ignored"); }) {
        join_.on_settled([this] {
            wake();
            look_stopped();
        });
    }

    void signal(uint32_t what, uint64_t arg) override {
        if (what == LEAT_SIGNAL_FLUSH) was_flushed_ = !waiting_.empty();
        if (what == LEAT_SIGNAL_ABANDON_LANE) abandon([&](const leat_message& m) { return m.lane == arg; });
        Stage::signal(what, arg);
    }

  protected:
    /// Emits what becomes of a message, or says why nothing can: then what was emitted is forgotten.
    virtual Verdict spread(const leat_message& message, Why& why) = 0;
    /// The last message of a batch has been spread.
    virtual void rest() {}

    /// One child; it may point into the message's buffer, and takes a reference of its own.
    void emit(const leat_message& child) {  // hot: per message
        leat_buffer_retain(child.buffer, 1);
        children_.push_back(child);
    }
    /// The child emitted last: where it gets bytes of its own.
    leat_message& emitted() { return children_.back(); }

    void take(leat_message* batch, size_t n) override {
        was_flushed_ = false;
        if (!waiting_.empty()) {
            for (size_t i = 0; i < n; ++i) waiting_.push(batch[i]);
            return;
        }
        work(batch, n);
        out_.flush(next());
        rest();
        // Who collects below would wait for us, and we for it.
        if (!waiting_.empty()) next().signal(&next(), LEAT_SIGNAL_FLUSH, 0);
    }
    void give_up() override {
        abandon([](const leat_message&) { return true; });
    }
    size_t outstanding() const override { return join_.open_parents(); }

  private:
    bool is_full() const { return join_.open_children() >= kMaxUnsettled; }

    void work(leat_message* batch, size_t n) {
        BufferRun spread_out;
        sift(*this, batch, n, [&](leat_message& m, Why& why) {  // hot: per message
            if (!waiting_.empty() || is_full()) return waiting_.push(m), Verdict::taken;
            const Verdict verdict = spread(m, why);
            if (verdict != Verdict::pass) {
                for (const leat_message& child : children_) leat_buffer_release(child.buffer, 1);
                children_.clear();
                last_refused_ = m.lane;
                was_refused_ = verdict != Verdict::drop;
                return verdict;
            }
            if (children_.empty()) return Verdict::drop;
            const uint64_t parent = join_.open(m.receipt, static_cast<uint32_t>(children_.size()));
            for (leat_message& child : children_) {
                child.receipt = join_.child(parent);
                out_.add(child, next());
            }
            children_.clear();
            spread_out.drop(m.buffer);
            return Verdict::taken;
        });
    }

    void wake() {
        if (is_waking_ || waiting_.empty()) return;
        is_waking_ = true;
        services().defer([](void* self) { static_cast<Spreader*>(self)->go_on(); }, this);
    }
    void go_on() {
        is_waking_ = false;
        Ring<leat_message> later;
        while (!waiting_.empty() && !is_full()) {
            leat_message one = waiting_.pop();
            std::swap(waiting_, later);  // work() lets what waits wait
            was_refused_ = false;
            work(&one, 1);
            std::swap(waiting_, later);
            if (was_refused_) give_back_waiting();
        }
        out_.flush(next());
        rest();
        if (!waiting_.empty()) return next().signal(&next(), LEAT_SIGNAL_FLUSH, 0);
        if (std::exchange(was_flushed_, false)) next().signal(&next(), LEAT_SIGNAL_FLUSH, 0);
    }
    // On an ordered route what waits behind a refused message of its lane goes back with it.
    void give_back_waiting() {
        if (!(identity().flags & LEAT_IDENTITY_ORDERED)) return;
        waiting_.remove_if([&](const leat_message& m) {
            if (m.lane != last_refused_) return false;
            services().host->fail(services().me, &m, LEAT_RETRY, LEAT_HELD, nullptr);
            return true;
        });
    }
    template <class F>
    void abandon(F&& is_gone) {
        Settlements gone;
        waiting_.remove_if([&](const leat_message& m) {
            if (!is_gone(m)) return false;
            gone.end(m, LEAT_ABANDON);
            return true;
        });
    }

    Join join_;
    Out out_;
    std::vector<leat_message> children_;  // of the current message
    Ring<leat_message> waiting_;          // for room
    bool is_waking_ = false;
    bool was_flushed_ = false;  // behind those that wait
    bool was_refused_ = false;
    uint32_t last_refused_ = 0;
};

}  // namespace leat::holding
