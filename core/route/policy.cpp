#include "route/policy.hpp"

#include "runtime/reentrancy.hpp"

#include <chrono>
#include <utility>

namespace leat::route {
namespace {

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

Policy::Policy(StepSetup setup) : HeldLanes(std::move(setup)) {
    settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
        static_cast<Settler*>(s)->owner->settle(batch, n);
    };
    settler_.owner = this;
    latency_.name = "settlement";
    latency_.description = "From the push to a step until its outcome.";
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
    next().push(&next(), batch, n);
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
    next().push(&next(), &message, 1);
}

}  // namespace leat::route
