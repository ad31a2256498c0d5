#include "route/ack_mode.hpp"

#include <leat/sdk/flow/broken_rule.hpp>

namespace leat::route {

AckMode::AckMode(Control& route, uint64_t max_in_flight) : route_(route), max_in_flight_(max_in_flight) {
    inlet_.push = [](leat_inlet* i, leat_message* batch, size_t n) { static_cast<Inlet*>(i)->owner->push(batch, n); };
    inlet_.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
        leat_inlet* next = static_cast<Inlet*>(i)->owner->next_;
        next->signal(next, what, arg);
    };
    inlet_.owner = this;
    settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
        static_cast<Settler*>(s)->owner->settle(batch, n);
    };
    settler_.owner = this;
    flow_.size = sizeof flow_;
}

void AckMode::push(leat_message* batch, size_t n) {
    Settlements early;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        const bool has_room = unfinished_.size() < max_in_flight_;
        const auto [token, entry] = unfinished_.open();
        entry->receipt = batch[i].receipt;
        entry->is_told = has_room;
        if (has_room) {
            early.settle(batch[i].receipt, LEAT_ACK);
        } else {
            withheld_.push_back(token);
        }
        batch[i].receipt = {&settler_, token};
    }
    early.flush();
    next_->push(next_, batch, n);
}

void AckMode::settle(const leat_settlement* batch, size_t n) {
    Settlements up;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        const leat_settlement& s = batch[i];
        const Unfinished* found = unfinished_.find(s.token);
        if (!found) {
            if (flow_.stale++ == 0) route_.log(LEAT_LOG_WARNING, "a message was settled twice; ignored");
            settled_twice();
            continue;
        }
        const Unfinished ended = *found;
        unfinished_.remove(s.token);
        count(s);
        if (!ended.is_told) up.settle(ended.receipt, s.outcome, s.code, s.detail);
        if (s.outcome == LEAT_ACK) tell_next(up);
    }
}

// One has finished: the next that waits for its early acknowledgement gets it.
void AckMode::tell_next(Settlements& early) {
    while (!withheld_.empty()) {
        Unfinished* next = unfinished_.find(withheld_.front());
        withheld_.pop_front();
        if (!next) continue;
        next->is_told = true;
        return early.settle(next->receipt, LEAT_ACK);
    }
}

void AckMode::count(const leat_settlement& s) {
    ++flow_.settled;
    if (s.outcome != LEAT_ACK) {
        ++flow_.returned;  // told too late: the source has acknowledged it
    } else if (s.code == LEAT_DROPPED) {
        ++flow_.filtered;
    } else if (s.code == LEAT_DISCARDED) {
        ++flow_.discarded;
    } else if (s.code == LEAT_DEAD_LETTERED) {
        ++flow_.dead_lettered;
    } else {
        ++flow_.landed;
    }
}

}  // namespace leat::route
