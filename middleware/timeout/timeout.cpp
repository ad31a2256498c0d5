#include "timeout.hpp"

#include <algorithm>

namespace leat::timeout {

void Timeout::open() {
    const leat_host& host = *services().host;
    timed_out_ = host.counter(services().me, LEAT_COUNTER, "timed_out", "Messages without outcome in time.");
    came_late_ =
        host.counter(services().me, LEAT_COUNTER, "late", "Outcomes that came after that, and were ignored.");
    reason_ = "no outcome within " + OptionType<std::chrono::milliseconds>::show(after);
    std::erase(reason_, '"');
    sent_.on_settled(
        this,
        [](void* self, uint64_t token, const leat_settlement& s, Settlements& up) {
            static_cast<Timeout*>(self)->settle(token, s, up);
        },
        [](void* self) { static_cast<Timeout*>(self)->settled_some(); });
}

void Timeout::take(leat_message* all, size_t n) {
    const int64_t now = services().now().count();
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        const auto [token, sent] = sent_.replace(all[i]);
        sent->is_late = false;
        ages_.add(token, now);
    }
    arm();
    pass(all, n);
}

void Timeout::settle(uint64_t token, const leat_settlement& s, Settlements& up) {  // hot: per message
    const Sent sent = *sent_.find(token);
    sent_.remove(token);
    if (!sent.is_late) return up.settle(sent.receipt, s.outcome, s.code, s.detail);
    --late_;
    services().host->counter_add(came_late_, 1);
}

void Timeout::settled_some() {
    drop_ended();
    look_stopped();
}

void Timeout::drop_ended() {
    ages_.drop_while([this](uint64_t token) { return !sent_.find(token); });
}

void Timeout::arm() {
    if (timer_ || ages_.empty() || is_stopping()) return;
    const int64_t due = ages_.oldest().time_ns + std::chrono::nanoseconds(after).count();
    // With too many late ones the oldest is overdue: it is looked at again after a while.
    const int64_t soonest = late_ >= max_late ? 100'000'000 : 1'000'000;
    timer_ = services().after(
        Nanoseconds(std::max(due - services().now().count(), soonest)),
        [](void* self) { static_cast<Timeout*>(self)->look(); }, this);
}

void Timeout::look() {
    timer_ = 0;
    const int64_t limit = services().now().count() - std::chrono::nanoseconds(after).count();
    uint64_t given_up = 0;
    {
        Settlements up;
        const leat_detail why{sizeof(leat_detail), 0, bytes(reason_), 0};
        for (drop_ended(); !ages_.empty() && ages_.oldest().time_ns <= limit && late_ < max_late; drop_ended()) {
            Sent& sent = *sent_.find(ages_.take_oldest().token);
            sent.is_late = true;
            ++late_;
            ++given_up;
            up.settle(sent.receipt, then == Then::retry ? LEAT_RETRY : LEAT_REJECT, LEAT_NONE, &why);
        }
    }
    if (given_up) services().host->counter_add(timed_out_, given_up);
    arm();
}

}  // namespace leat::timeout
