#include "route/seam.hpp"

#include <leat/sdk/flow/broken_rule.hpp>

#include <cstdlib>
#include <string_view>

namespace leat::route {
namespace {

thread_local int settle_depth = 0;

void broken(const std::string& what) { broken_rule(what.c_str()); }

}  // namespace

bool Seam::is_wanted() {
    static const bool asked = [] {
        const char* value = std::getenv("LEAT_INSPECT");
        return value && *value && std::string_view(value) != "0";
    }();
    return kChecksRules || asked;
}

Seam::Seam(const leat_instance* above, const leat_instance* below) : above_(above), below_(below) {
    inlet_.push = [](leat_inlet* i, leat_message* batch, size_t n) { static_cast<Inlet*>(i)->owner->push(batch, n); };
    inlet_.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
        static_cast<Inlet*>(i)->owner->signal(what, arg);
    };
    inlet_.owner = this;
    settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
        static_cast<Settler*>(s)->owner->settle(batch, n);
    };
    settler_.owner = this;
}

std::string Seam::who_is_above() const { return above_ ? above_->label : "what is above " + below_->label; }
std::string Seam::who_is_below() const { return below_ ? below_->label : "what is below " + above_->label; }

void Seam::push(leat_message* batch, size_t n) {
    if (settle_depth > 0) broken(who_is_above() + " pushed inside settle; defer it to the next turn of the shard");
    if (n == 0 || n > LEAT_BATCH_MAX) broken(who_is_above() + " pushed a batch of " + std::to_string(n));
    for (size_t i = 0; i < n; ++i) {
        if (!batch[i].receipt.settler) broken(who_is_above() + " pushed a message without a receipt");
        const auto [token, receipt] = passed_.open();
        *receipt = batch[i].receipt;
        batch[i].receipt = {&settler_, token};
    }
    next_->push(next_, batch, n);
}

void Seam::signal(uint32_t what, uint64_t arg) {
    if (settle_depth > 0) broken(who_is_above() + " signalled inside settle; defer it to the next turn of the shard");
    next_->signal(next_, what, arg);
}

void Seam::settle(const leat_settlement* batch, size_t n) {
    if (n == 0 || n > LEAT_BATCH_MAX) broken(who_is_below() + " settled a batch of " + std::to_string(n));
    if (below_ && !below_->is_running()) broken(who_is_below() + " settled a message after it had stopped");
    ++settle_depth;
    {
        Settlements up;
        for (size_t i = 0; i < n; ++i) {
            const leat_settlement& s = batch[i];
            const leat_receipt* found = passed_.find(s.token);
            if (!found) {
                broken(who_is_below() + " settled a message twice, or one that it was never given");
                continue;
            }
            const leat_receipt receipt = *found;
            passed_.remove(s.token);
            up.settle(receipt, s.outcome, s.code, s.detail);
        }
    }
    --settle_depth;
}

void Seam::fail(const leat_message& message, uint32_t outcome, uint32_t code, const leat_detail* detail) {
    if (settle_depth > 0) broken(who_is_below() + " gave a message back inside settle");
    const leat_receipt* found = message.receipt.settler == &settler_ ? passed_.find(message.receipt.token) : nullptr;
    // A stage that settles by hand ("ack": "manual") may give a message back with a receipt of its own.
    if (!found) {
        const bool may =
            below_ && (below_->identity->c.flags & LEAT_IDENTITY_MANUAL) && message.receipt.settler != &settler_;
        if (!may) return broken(who_is_below() + " gave a message back that is not as it was received");
        return gate_->fail(message, outcome, code, detail);
    }
    leat_message original = message;
    original.receipt = *found;
    passed_.remove(message.receipt.token);
    gate_->fail(original, outcome, code, detail);
}

void Seam::check_empty() const {
    if (passed_.empty()) return;
    broken(who_is_below() + " left " + std::to_string(passed_.size()) + " receipts unsettled");
}

}  // namespace leat::route
