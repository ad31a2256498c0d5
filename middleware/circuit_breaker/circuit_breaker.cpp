#include "circuit_breaker.hpp"

#include <leat/sdk/flow/buffer.hpp>

#include <algorithm>
#include <stdexcept>

namespace leat::circuit_breaker {
namespace {

bool is_failure(const leat_settlement& s) {
    if (s.outcome != LEAT_ACK) return true;
    return s.code == LEAT_DISCARDED || s.code == LEAT_DEAD_LETTERED;
}

}  // namespace

void CircuitBreaker::open() {
    if (!failures && !failure_rate) throw std::invalid_argument("needs \"failures\" or \"failure_rate\"");
    const leat_host& host = *services().host;
    opened_ = host.counter(services().me, LEAT_COUNTER, "opened", "How often it let nothing pass any more.");
    is_open_ = host.counter(services().me, LEAT_GAUGE, "open", "1 while it lets nothing or only trials pass.");
    waiting_ = host.counter(services().me, LEAT_GAUGE, "waiting", "Messages that wait for it to close.");
    health_ = Health({failures, failure_rate.value_or(0), window});
    sent_.on_settled(
        this,
        [](void* self, uint64_t token, const leat_settlement& s, Settlements& up) {
            static_cast<CircuitBreaker*>(self)->settle(token, s, up);
        },
        [](void* self) {
            auto* mine = static_cast<CircuitBreaker*>(self);
            mine->ages_.drop_while([mine](uint64_t token) { return !mine->sent_.find(token); });
            mine->look_stopped();
        });
}

void CircuitBreaker::take(leat_message* all, size_t n) {
    const int64_t now = services().now().count();
    was_flushed_ = false;
    size_t kept = 0;
    {
        Settlements up;
        for (size_t i = 0; i < n; ++i) {  // hot: per message
            leat_message& m = all[i];
            if (held_.empty() && may_send()) {
                send(m, now);
                if (kept != i) all[kept] = m;
                ++kept;
            } else if (while_open == WhileOpen::refuse) {
                refuse(m, now, up);
            } else {
                compact(services(), m);
                held_.push(m);
            }
        }
    }
    if (!held_.empty()) services().host->counter_set(waiting_, held_.size());
    arm_slow();
    pass(all, kept);
}

void CircuitBreaker::send(leat_message& message, int64_t now) {  // hot: per message
    const auto [token, sent] = sent_.replace(message);
    sent->epoch = epoch_;
    if (state_ == State::half_open) --trials_left_;
    if (slow) ages_.add(token, now);
}

void CircuitBreaker::refuse(const leat_message& message, int64_t now, Settlements& up) {
    const std::string text = "nothing passes for now: " + why_;
    const int64_t soon = std::chrono::nanoseconds(open_for).count() / 10;
    const int64_t left = state_ == State::open ? open_until_ns_ - now : soon;
    const leat_detail detail{sizeof(leat_detail), 0, bytes(text), std::max<int64_t>(left, 1'000'000)};
    up.end(message, LEAT_RETRY, LEAT_NONE, &detail);
}

void CircuitBreaker::settle(uint64_t token, const leat_settlement& s, Settlements& up) {  // hot: per message
    const Sent sent = *sent_.find(token);
    sent_.remove(token);
    if (sent.epoch == epoch_) {
        if (s.outcome == LEAT_ABANDON) {  // says nothing; another one tries instead
            if (state_ == State::half_open) ++trials_left_, release_soon();
        } else {
            judge(is_failure(s));
        }
    }
    up.settle(sent.receipt, s.outcome, s.code, s.detail);
}

// Counts an outcome of the present state. May be inside settle: nothing is pushed here.
void CircuitBreaker::judge(bool failed) {
    if (state_ == State::closed) {
        if (!failed) return health_.succeeded();
        if (health_.failed()) change(State::open, health_.why());
    } else if (state_ == State::half_open) {
        if (failed) return change(State::open, "a trial failed");
        if (++trials_passed_ == trials) change(State::closed, "");
    }
}

void CircuitBreaker::change(State to, const std::string& why) {
    state_ = to;
    ++epoch_;
    if (is_stopping()) return;
    services().host->counter_set(is_open_, to == State::closed ? 0 : 1);
    if (to == State::closed) {
        services().log_info("lets messages pass again");
        health_.reset();
        return release_soon();
    }
    why_ = why;
    services().host->counter_add(opened_, 1);
    std::string time_text = OptionType<std::chrono::milliseconds>::show(open_for);
    std::erase(time_text, '"');
    services().log_warning("lets nothing pass for " + time_text + ": " + why);
    const Nanoseconds time(open_for);
    open_until_ns_ = (services().now() + time).count();
    services().cancel(timer_);
    timer_ = services().after(
        time, [](void* self) { static_cast<CircuitBreaker*>(self)->half_open(); }, this);
}

void CircuitBreaker::half_open() {
    timer_ = 0;
    state_ = State::half_open;
    ++epoch_;
    trials_left_ = trials;
    trials_passed_ = 0;
    release();
}

void CircuitBreaker::release_soon() {
    if (releases_soon_ || held_.empty()) return;
    releases_soon_ = true;
    services().defer([](void* self) { static_cast<CircuitBreaker*>(self)->release(); }, this);
}

// Sends what waits as long as it may; outcomes that come meanwhile may end that.
void CircuitBreaker::release() {
    releases_soon_ = false;
    const int64_t now = services().now().count();
    while (!held_.empty() && may_send()) {
        leat_message batch[LEAT_BATCH_MAX];
        size_t n = 0;
        while (n < LEAT_BATCH_MAX && !held_.empty() && may_send()) {
            batch[n] = held_.pop();
            send(batch[n++], now);
        }
        pass(batch, n);
    }
    services().host->counter_set(waiting_, held_.size());
    arm_slow();
    if (was_flushed_) next().signal(&next(), LEAT_SIGNAL_FLUSH, 0);
}

void CircuitBreaker::signal(uint32_t what, uint64_t arg) {
    if (what == LEAT_SIGNAL_FLUSH) was_flushed_ = true;
    if (what == LEAT_SIGNAL_ABANDON_LANE) {
        Settlements gone;
        held_.remove_if([&](const leat_message& m) {
            if (m.lane != static_cast<uint32_t>(arg)) return false;
            gone.end(m, LEAT_ABANDON);
            return true;
        });
    }
    Stage::signal(what, arg);
}

void CircuitBreaker::give_up() {
    services().cancel(timer_);
    services().cancel(slow_timer_);
    Settlements gone;
    while (!held_.empty()) gone.end(held_.pop(), LEAT_ABANDON);
}

void CircuitBreaker::arm_slow() {
    if (slow_timer_ || ages_.empty() || is_stopping()) return;
    const int64_t due = ages_.oldest().time_ns + std::chrono::nanoseconds(*slow).count();
    slow_timer_ = services().after(
        Nanoseconds(std::max<int64_t>(due - services().now().count(), 1'000'000)),
        [](void* self) { static_cast<CircuitBreaker*>(self)->look_slow(); }, this);
}

void CircuitBreaker::look_slow() {
    slow_timer_ = 0;
    const int64_t limit = services().now().count() - std::chrono::nanoseconds(*slow).count();
    while (!ages_.empty() && ages_.oldest().time_ns <= limit) {
        Sent* sent = sent_.find(ages_.take_oldest().token);
        if (!sent || sent->epoch != epoch_) continue;
        sent->epoch = 0;
        judge(true);
    }
    arm_slow();
}

}  // namespace leat::circuit_breaker
