#include "route/gate.hpp"

#include "runtime/reentrancy.hpp"

#include <algorithm>
#include <utility>

namespace leat::route {

Gate::Gate(StepSetup setup) : HeldLanes(std::move(setup)) {
    inlet_.push = [](leat_inlet* i, leat_message* batch, size_t n) { static_cast<Inlet*>(i)->owner->push(batch, n); };
    inlet_.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
        static_cast<Inlet*>(i)->owner->signal(what, arg);
    };
    inlet_.owner = this;
}

void Gate::push(leat_message* batch, size_t n) {
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

void Gate::push_on(leat_message* batch, size_t n) {
    next_->push(next_, batch, n);
    take_refused();
}

void Gate::fail(const leat_message& message, uint32_t outcome, uint32_t code, const leat_detail* detail) {
    if (code == LEAT_HELD) {
        behind_.push_back(message);
        return;
    }
    Refused& r = refused_.emplace_back();
    r.message = message;
    r.outcome = outcome == LEAT_REJECT ? LEAT_REJECT : LEAT_RETRY;
    if (detail) {
        r.reason = view(detail->text);
        r.retry_after_ns = detail->retry_after_ns;
    }
    r.order = ++order_;
}

void Gate::take_refused() {
    if (refused_.empty() && behind_.empty()) return;
    auto refused = std::exchange(refused_, {});
    const auto behind = std::exchange(behind_, {});
    for (Refused& r : refused) refuse(std::move(r));
    if (is_abandoning()) {
        Settlements gone;
        for (const leat_message& m : behind) gone.end(m, LEAT_ABANDON);
    } else {
        hold_first(behind);
    }
}

void Gate::try_again(uint64_t lane, Refused&& refused) {
    leat_message message = refused.message;
    message.attempt = refused.attempts;
    next_->push(next_, &message, 1);
    // A stage that keeps messages may give others back in this push.
    const leat_receipt& receipt = refused.message.receipt;
    const auto is_it = [&](const Refused& r) {
        return r.message.receipt.settler == receipt.settler && r.message.receipt.token == receipt.token;
    };
    const auto found = std::find_if(refused_.begin(), refused_.end(), is_it);
    if (found == refused_.end()) {
        take_refused();
        return ended(lane);
    }
    Refused again = std::move(*found);
    refused_.erase(found);
    take_refused();
    again.order = refused.order;
    again.attempts = refused.attempts + 1;
    refuse_again(lane, std::move(again));
}

void Gate::signal(uint32_t what, uint64_t arg) {
    if (what == LEAT_SIGNAL_ABANDON_LANE) abandon_lane(static_cast<uint32_t>(arg));
    if (is_abandoning()) return;  // what is below may have stopped already
    saw(what);
    next_->signal(next_, what, arg);
    take_refused();
}

void Gate::flush_on() {
    next_->signal(next_, LEAT_SIGNAL_FLUSH, 0);
    take_refused();
}

}  // namespace leat::route
