#include "route/gate.hpp"

#include <algorithm>
#include <utility>

namespace leat::route {

void Gate::push_on(leat_message* batch, size_t n) {
    next().push(&next(), batch, n);
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
    next().push(&next(), &message, 1);
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

void Gate::signal_on(uint32_t what, uint64_t arg) {
    HeldLanes::signal_on(what, arg);
    take_refused();
}

}  // namespace leat::route
