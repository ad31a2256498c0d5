#include "route/gate.hpp"

#include <algorithm>
#include <utility>

namespace leat::route {

void Gate::push_on(leat_message* batch, size_t n) {
    ++pushing_;
    next().push(&next(), batch, n);
    --pushing_;
    take_refused();
}

void Gate::fail(const leat_message& message, uint32_t outcome, uint32_t code, const leat_detail* detail) {
    if (code == LEAT_HELD) {
        if (pushing_ == 0) return hold_next(message);
        behind_.push_back(message);
        return;
    }
    Refused r;
    r.message = message;
    r.outcome = outcome == LEAT_REJECT ? LEAT_REJECT : LEAT_RETRY;
    if (detail) {
        r.reason = view(detail->text);
        r.retry_after_ns = detail->retry_after_ns;
    }
    r.order = ++order_;
    if (pushing_ > 0) {
        refused_.push_back(std::move(r));
        return;
    }
    r.attempts = message.attempt + 1;  // a trial that found no room looked as if it had passed
    refuse(std::move(r));
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
    ++pushing_;
    next().push(&next(), &message, 1);
    --pushing_;
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
    again.failed_first_ns = refused.failed_first_ns;
    refuse_again(lane, std::move(again));
}

void Gate::signal_on(uint32_t what, uint64_t arg) {
    ++pushing_;
    HeldLanes::signal_on(what, arg);
    --pushing_;
    take_refused();
}

}  // namespace leat::route
