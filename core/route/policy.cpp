#include "route/policy.hpp"

#include "runtime/reentrancy.hpp"

#include <leat/sdk/flow/broken_rule.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

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

Policy::~Policy() { route().shard().timers().cancel_all(&sent_); }

void Policy::push_on(leat_message* batch, size_t n) {
    const int64_t now = now_ns();
    if (setup().policy.timeout.count()) watch_time();
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        leat_message& m = batch[i];
        const auto [token, slot] = sent_.open();
        Sent& sent = *slot;
        sent.message = m;
        sent.time_ns = now;
        sent.order = ++order_;
        sent.trial_lane = 0;
        sent.failed_first_ns = 0;
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
            stray();
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
            const uint32_t lane = sent->message.lane;
            sent_.remove(s.token);
            up.end(receipt, buffer, s.outcome, s.code);
            came_back(lane);
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
    r.outcome = s.outcome == LEAT_REJECT ? LEAT_REJECT : LEAT_RETRY;
    if (s.detail) {
        r.reason = view(s.detail->text);
        r.retry_after_ns = s.detail->retry_after_ns;
    }
    r.held = s.code == LEAT_HELD && r.outcome == LEAT_RETRY;
    give_back(sent, std::move(r));
}

void Policy::give_back(const Sent& sent, Refused&& r) {
    r.message = sent.message;
    r.order = sent.order;
    r.attempts = sent.attempts - (r.held ? 1 : 0);
    r.failed_first_ns = sent.failed_first_ns;
    came_back(sent.message.lane);
    if (sent.trial_lane) return refuse_again(sent.trial_lane - 1, std::move(r));
    refuse(std::move(r));
}

// Legal only where a time-out did not wait for it.
void Policy::stray() {
    const bool is_late = timed_out_ > 0;
    if (stale_++ == 0) {
        route().log(LEAT_LOG_WARNING, "\"" + step() + "\" settled a message " +
                                          (is_late ? "after its time-out; ignored" : "twice; ignored"));
    }
    if (is_late) {
        --timed_out_;
    } else {
        settled_twice();
    }
}

void Policy::watch_time() {
    if (std::exchange(is_watching_, true)) return;
    const auto step = std::max<std::chrono::nanoseconds>(setup().policy.timeout / 4, std::chrono::milliseconds(1));
    route().shard().timers().start(
        step, [this] { look_at_time(); }, &sent_);
}

// A lost connection is no outcome: time counts while what is below is up.
void Policy::look_at_time() {
    is_watching_ = false;
    const auto up_since = setup().up_since ? setup().up_since() : std::optional<int64_t>(0);
    if (up_since && !is_abandoning()) {
        const int64_t latest = now_ns() - setup().policy.timeout.count();
        std::vector<std::pair<uint64_t, uint64_t>> late;  // order, token
        sent_.for_each([&](uint64_t token, const Sent& sent) {
            if (std::max(sent.time_ns, *up_since) <= latest) late.emplace_back(sent.order, token);
        });
        std::sort(late.begin(), late.end());
        for (const auto& [order, token] : late) time_out(token);
    }
    if (!sent_.empty()) watch_time();
}

void Policy::time_out(uint64_t token) {
    const Sent sent = *sent_.find(token);
    sent_.remove(token);
    ++timed_out_;
    Refused r;
    r.reason = "no outcome in time (timeout)";
    give_back(sent, std::move(r));
}

void Policy::try_again(uint64_t lane, Refused&& refused) {
    leat_message message = refused.message;
    const uint64_t token = sent_.add();
    Sent& sent = *sent_.find(token);
    sent.message = message;
    sent.time_ns = now_ns();
    sent.order = refused.order;
    sent.trial_lane = lane + 1;
    sent.failed_first_ns = refused.failed_first_ns;
    sent.attempts = refused.attempts + 1;
    leat_buffer_retain(message.buffer, 1);
    message.attempt = refused.attempts;
    message.receipt.settler = &settler_;
    message.receipt.token = token;
    goes_down(message);
    if (setup().policy.timeout.count()) watch_time();
    next().push(&next(), &message, 1);
}

}  // namespace leat::route
