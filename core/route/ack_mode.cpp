#include "route/ack_mode.hpp"

namespace leat::route {

AckMode::AckMode(uint64_t max_in_flight) : max_in_flight_(max_in_flight) {
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
        if (unfinished_.size() < max_in_flight_) {
            early.settle(batch[i].receipt, LEAT_ACK);
        } else {
            withheld_.push_back(batch[i].receipt);
        }
        batch[i].receipt = {&settler_, unfinished_.add()};
    }
    early.flush();
    next_->push(next_, batch, n);
}

void AckMode::settle(const leat_settlement* batch, size_t n) {
    Settlements early;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        if (!unfinished_.find(batch[i].token)) {
            ++flow_.stale;
            continue;
        }
        unfinished_.remove(batch[i].token);
        count(batch[i]);
        if (!withheld_.empty()) {
            const leat_receipt receipt = withheld_.front();
            withheld_.pop_front();
            early.settle(receipt, LEAT_ACK);
        }
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
