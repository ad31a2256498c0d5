#include "route/policy.hpp"

#include "runtime/reentrancy.hpp"

#include <chrono>
#include <utility>

namespace leat::route {
namespace {

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

Policy::Policy(StepSetup setup) : HeldLanes(std::move(setup)) {
    inlet_.push = [](leat_inlet* i, leat_message* batch, size_t n) { static_cast<Inlet*>(i)->owner->push(batch, n); };
    inlet_.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
        static_cast<Inlet*>(i)->owner->signal(what, arg);
    };
    inlet_.owner = this;
    settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
        static_cast<Settler*>(s)->owner->settle(batch, n);
    };
    settler_.owner = this;
    latency_.name = "settlement";
    latency_.description = "From the push to a step until its outcome.";
}

Policy::~Policy() = default;

void Policy::push(leat_message* batch, size_t n) {
    runtime::assert_may_push();
    if (is_abandoning()) {
        Settlements gone;
        for (size_t i = 0; i < n; ++i) gone.end(batch[i], LEAT_ABANDON);
        return;
    }
    saw_messages();
    if (is_holding()) {
        size_t left = 0;
        for (size_t i = 0; i < n; ++i) {
            if (!hold(batch[i])) batch[left++] = batch[i];
        }
        n = left;
        if (n == 0) return;
    }
    push_on(batch, n);
}

void Policy::push_on(leat_message* batch, size_t n) {
    const int64_t now = now_ns();
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        leat_message& m = batch[i];
        const auto [token, slot] = sent_.open();
        Sent& sent = *slot;
        sent.message = m;
        sent.time_ns = now;
        sent.order = ++order_;
        sent.trial_lane = 0;
        sent.attempts = 1;
        leat_buffer_retain(m.buffer, 1);
        m.receipt.settler = &settler_;
        m.receipt.token = token;
    }
    next_->push(next_, batch, n);
}

void Policy::settle(const leat_settlement* batch, size_t n) {
    const runtime::SettleScope scope;
    const int64_t now = now_ns();
    Settlements up;
    int64_t run_time = now;  // messages pushed together are counted together
    uint64_t run = 0;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        const leat_settlement& s = batch[i];
        Sent* sent = sent_.find(s.token);
        if (!sent) {
            if (stale_++ == 0) route().log(LEAT_LOG_WARNING, "\"" + step() + "\" settled a message twice; ignored");
            continue;
        }
        if (sent->time_ns != run_time) {
            latency_.record(now - run_time, run);
            run_time = sent->time_ns;
            run = 0;
        }
        ++run;
        if (s.outcome == LEAT_ACK || s.outcome == LEAT_ABANDON) {
            const leat_receipt receipt = sent->message.receipt;
            leat_buffer* buffer = sent->message.buffer;
            const uint64_t trial_lane = sent->trial_lane;
            sent_.remove(s.token);
            up.end(receipt, buffer, s.outcome, s.code);
            if (trial_lane) ended(trial_lane - 1);
        } else {
            settle_refused(s.token, s);
        }
    }
    latency_.record(now - run_time, run);
}

void Policy::settle_refused(uint64_t token, const leat_settlement& s) {
    const Sent sent = *sent_.find(token);
    sent_.remove(token);
    Refused r;
    r.message = sent.message;
    r.outcome = s.outcome == LEAT_REJECT ? LEAT_REJECT : LEAT_RETRY;
    if (s.detail) {
        r.reason = view(s.detail->text);
        r.retry_after_ns = s.detail->retry_after_ns;
    }
    r.order = sent.order;
    r.attempts = sent.attempts;
    if (sent.trial_lane) return refuse_again(sent.trial_lane - 1, std::move(r));
    refuse(std::move(r));
}

void Policy::try_again(uint64_t lane, Refused&& refused) {
    leat_message message = refused.message;
    const uint64_t token = sent_.add();
    Sent& sent = *sent_.find(token);
    sent.message = message;
    sent.time_ns = now_ns();
    sent.order = refused.order;
    sent.trial_lane = lane + 1;
    sent.attempts = refused.attempts + 1;
    leat_buffer_retain(message.buffer, 1);
    message.attempt = refused.attempts;
    message.receipt.settler = &settler_;
    message.receipt.token = token;
    next_->push(next_, &message, 1);
}

void Policy::signal(uint32_t what, uint64_t arg) {
    if (what == LEAT_SIGNAL_ABANDON_LANE) abandon_lane(static_cast<uint32_t>(arg));
    if (is_abandoning()) return;  // what is below may have stopped already
    saw(what);
    next_->signal(next_, what, arg);
}

}  // namespace leat::route
