#include "route/manual_ack.hpp"

#include "runtime/reentrancy.hpp"

#include <leat/sdk/flow/broken_rule.hpp>

#include <string>
#include <utility>

namespace leat::route {

ManualAck::ManualAck(Control& route, uint64_t max_in_flight) : route_(route), max_in_flight_(max_in_flight) {
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
}

leat_inlet* ManualAck::below(leat_inlet* next) {
    Face& face = *faces_.emplace_back(std::make_unique<Face>());
    face.owner = this;
    face.next = next;
    face.inlet.push = [](leat_inlet* i, leat_message* batch, size_t n) {
        Face& f = *static_cast<Face::FaceInlet*>(i)->face;
        f.owner->push_below(f, batch, n);
    };
    face.inlet.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
        leat_inlet* below = static_cast<Face::FaceInlet*>(i)->face->next;
        below->signal(below, what, arg);
    };
    face.inlet.face = &face;
    face.settler.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
        Face& f = *static_cast<Face::FaceSettler*>(s)->face;
        f.owner->settle_below(f, batch, n);
    };
    face.settler.face = &face;
    return &face.inlet;
}

void ManualAck::push(leat_message* batch, size_t n) {
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        const auto [token, receipt] = emitted_.open();
        *receipt = batch[i].receipt;
        batch[i].receipt = {&settler_, token};
    }
    next_->push(next_, batch, n);
}

void ManualAck::settle(const leat_settlement* batch, size_t n) {
    const runtime::SettleScope scope;
    Settlements up;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        const leat_settlement& s = batch[i];
        const leat_receipt* found = emitted_.find(s.token);
        if (!found) {
            stray();
            continue;
        }
        const leat_receipt receipt = *found;
        emitted_.remove(s.token);
        if (s.outcome != LEAT_ACK || unfinished_ < max_in_flight_) {
            up.settle(receipt, s.outcome, s.code, s.detail);
        } else if (abandoning_) {
            up.settle(receipt, LEAT_ABANDON);
        } else {
            withheld_.push_back({receipt, s.code});
        }
    }
}

void ManualAck::push_below(Face& face, leat_message* batch, size_t n) {
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        const auto [token, receipt] = face.sent.open();
        *receipt = batch[i].receipt;
        batch[i].receipt = {&face.settler, token};
    }
    unfinished_ += n;
    face.next->push(face.next, batch, n);
}

void ManualAck::settle_below(Face& face, const leat_settlement* batch, size_t n) {
    const runtime::SettleScope scope;
    Settlements up;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        const leat_settlement& s = batch[i];
        const leat_receipt* found = face.sent.find(s.token);
        if (!found) {
            stray();
            continue;
        }
        const leat_receipt receipt = *found;
        face.sent.remove(s.token);
        --unfinished_;
        if (s.outcome != LEAT_ACK) ++not_landed_;
        up.settle(receipt, s.outcome, s.code, s.detail);
    }
    up.flush();  // what is settled now may take a place of its own among the unfinished
    while (!withheld_.empty() && unfinished_ < max_in_flight_ && !abandoning_) {
        const Withheld next = withheld_.front();
        withheld_.pop_front();
        up.settle(next.receipt, LEAT_ACK, next.code);
    }
}

void ManualAck::stray() {
    if (stale_++ == 0) route_.log(LEAT_LOG_WARNING, "a message was settled twice; the second outcome is ignored");
    settled_twice();
}

void ManualAck::abandon_all() {
    abandoning_ = true;
    const auto withheld = std::exchange(withheld_, {});
    Settlements gone;
    for (const Withheld& w : withheld) gone.settle(w.receipt, LEAT_ABANDON);
}

}  // namespace leat::route
