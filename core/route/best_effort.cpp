#include "route/best_effort.hpp"

#include "runtime/reentrancy.hpp"
#include "runtime/services.hpp"

#include <leat/sdk/flow/broken_rule.hpp>
#include <leat/sdk/flow/buffer.hpp>

#include <algorithm>
#include <utility>

namespace leat::route {

BestEffort::BestEffort(Control& route, std::string branch, size_t queue, bool drops_oldest)
    : route_(route),
      branch_(std::move(branch)),
      queue_(queue),
      most_below_(std::clamp<size_t>(queue / 2, 1, LEAT_BATCH_MAX)),
      drops_oldest_(drops_oldest) {
    inlet_.push = [](leat_inlet* i, leat_message* batch, size_t n) { static_cast<Inlet*>(i)->owner->push(batch, n); };
    inlet_.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
        static_cast<Inlet*>(i)->owner->signal(what, arg);
    };
    inlet_.owner = this;
    settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
        static_cast<Settler*>(s)->owner->settle(batch, n);
    };
    settler_.owner = this;
}

BestEffort::~BestEffort() {
    route_.shard().timers().cancel_all(this);
    for (const leat_message& m : waiting_) leat_buffer_release(m.buffer, 1);
}

void BestEffort::push(leat_message* batch, size_t n) {
    runtime::assert_may_push();
    Settlements up;
    was_flushed_ = false;
    const bool was_idle = waiting_.empty();
    size_t left = 0;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        leat_message& m = batch[i];
        if (abandoning_) {
            up.end(m, LEAT_ABANDON);
        } else if (!make_room()) {
            count_drop();
            up.end(m, LEAT_ACK, LEAT_DISCARDED);
        } else {
            up.settle(m.receipt, LEAT_ACK);
            if (waiting_.empty() && under_way_.size() < most_below_) {
                m.receipt = {&settler_, under_way_.add()};
                batch[left++] = m;
            } else {
                compact(Services{runtime::services(), nullptr}, waiting_.emplace_back(m));
            }
        }
    }
    if (left) next_->push(next_, batch, left);
    if (was_idle && !waiting_.empty()) flush();
}

// Who collects below would wait for what waits here.
void BestEffort::flush() { next_->signal(next_, LEAT_SIGNAL_FLUSH, 0); }

// Whether one more may be queued; the oldest that waits may have to go for it.
bool BestEffort::make_room() {
    if (queued() < queue_) return true;
    if (!drops_oldest_ || waiting_.empty()) return false;
    leat_buffer_release(waiting_.front().buffer, 1);
    waiting_.pop_front();
    count_drop();
    return true;
}

void BestEffort::count_drop() {
    if (dropped_++ == 0) {
        route_.log(LEAT_LOG_WARNING, "the queue of the best-effort branch " + branch_ + " is full (" +
                                         std::to_string(queue_) + "): it drops the " +
                                         (drops_oldest_ ? "oldest" : "newest") + " messages and counts them");
    }
}

// A lost partition is no reason to give up what has been acknowledged.
void BestEffort::signal(uint32_t what, uint64_t arg) {
    if (abandoning_ || what == LEAT_SIGNAL_ABANDON_LANE) return;
    if (what == LEAT_SIGNAL_FLUSH) was_flushed_ = !waiting_.empty();
    next_->signal(next_, what, arg);
}

void BestEffort::settle(const leat_settlement* batch, size_t n) {
    const runtime::SettleScope scope;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        const leat_settlement& s = batch[i];
        if (!under_way_.find(s.token)) {
            ++stale_;
            settled_twice();
            continue;
        }
        under_way_.remove(s.token);
        const bool has_landed = s.outcome == LEAT_ACK && s.code != LEAT_DISCARDED;
        if (has_landed || not_landed_++ > 0) continue;
        route_.log(LEAT_LOG_WARNING, "the best-effort branch " + branch_ +
                                         " loses messages that it has acknowledged; the first: " +
                                         (s.detail ? std::string(view(s.detail->text)) : "no reason given"));
    }
    if (waiting_.empty() || timer_) return;
    timer_ = route_.shard().timers().start(
        std::chrono::nanoseconds(0), [this] { go_on(); }, this);
}

void BestEffort::go_on() {
    timer_ = 0;
    while (!waiting_.empty() && under_way_.size() < most_below_) {
        leat_message batch[LEAT_BATCH_MAX];
        size_t n = 0;
        while (n < LEAT_BATCH_MAX && !waiting_.empty() && under_way_.size() < most_below_) {
            leat_message& m = batch[n++];
            m = waiting_.front();
            waiting_.pop_front();
            m.receipt = {&settler_, under_way_.add()};
        }
        next_->push(next_, batch, n);
    }
    if (was_flushed_ || !waiting_.empty()) flush();
    was_flushed_ = was_flushed_ && !waiting_.empty();
}

void BestEffort::abandon_all() {
    abandoning_ = true;
    dropped_ += waiting_.size();
    const auto waiting = std::exchange(waiting_, {});
    BufferRun gone;
    for (const leat_message& m : waiting) gone.drop(m.buffer);
}

}  // namespace leat::route
