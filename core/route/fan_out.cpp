#include "route/fan_out.hpp"

#include "runtime/reentrancy.hpp"
#include "runtime/services.hpp"

#include <algorithm>
#include <utility>

namespace leat::route {

FanOut::FanOut(Control& route, Gate& gate, bool only_first, bool ordered)
    : gate_(gate),
      only_first_(only_first),
      ordered_(ordered),
      join_([&route] { route.log(LEAT_LOG_WARNING, "a branch settled a message twice; ignored"); }) {
    inlet_.push = [](leat_inlet* i, leat_message* batch, size_t n) { static_cast<Inlet*>(i)->owner->push(batch, n); };
    inlet_.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
        static_cast<Inlet*>(i)->owner->signal(what, arg);
    };
    inlet_.owner = this;
}

void FanOut::add(const leat_condition* condition, leat_inlet* inlet) {
    Branch branch;
    branch.condition = condition;
    branch.scratch = Text(runtime::services());
    branch.inlet = inlet;
    branch.out.reserve(LEAT_BATCH_MAX);
    branches_.push_back(std::move(branch));
}

void FanOut::push(leat_message* batch, size_t n) {
    runtime::assert_may_push();
    refused_lanes_.clear();
    Settlements filtered;
    std::string why;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        const leat_message& m = batch[i];
        if (!refused_lanes_.empty() &&
            std::find(refused_lanes_.begin(), refused_lanes_.end(), m.lane) != refused_lanes_.end()) {
            gate_.fail(m, LEAT_RETRY, LEAT_HELD, nullptr);
        } else if (!choose(m, why)) {
            const leat_detail detail{sizeof(leat_detail), 0, bytes(why), 0};
            if (ordered_) refused_lanes_.push_back(m.lane);
            gate_.fail(m, LEAT_REJECT, LEAT_NONE, &detail);
        } else if (chosen_.empty()) {
            filtered.end(m, LEAT_ACK, LEAT_DROPPED);
        } else {
            send(m);
        }
    }
    for (Branch& branch : branches_) flush(branch);
}

// Which branches want the message. False: it cannot be told.
bool FanOut::choose(const leat_message& message, std::string& why) {
    chosen_.clear();
    for (Branch& branch : branches_) {
        uint32_t answer = 1;
        if (branch.condition) {
            leat_bytes text{};
            answer = runtime::services()->holds(branch.condition, &message, branch.scratch.get(), &text);
            if (answer > 1) why = view(text);
        }
        if (answer > 1) return false;
        if (answer == 0) continue;
        chosen_.push_back(&branch);
        if (only_first_) return true;
    }
    return true;
}

void FanOut::send(const leat_message& message) {
    if (chosen_.size() == 1) return put(*chosen_.front(), message);
    leat_message copy = message;
    const uint64_t parent = join_.open(message.receipt, static_cast<uint32_t>(chosen_.size()));
    leat_buffer_retain(copy.buffer, static_cast<uint32_t>(chosen_.size()) - 1);
    for (Branch* branch : chosen_) {
        copy.receipt = join_.child(parent);
        put(*branch, copy);
    }
}

void FanOut::put(Branch& branch, const leat_message& message) {
    if (branch.out.size() == LEAT_BATCH_MAX) flush(branch);
    branch.out.push_back(message);
}

void FanOut::flush(Branch& branch) {
    if (branch.out.empty()) return;
    branch.inlet->push(branch.inlet, branch.out.data(), branch.out.size());
    branch.out.clear();
}

void FanOut::signal(uint32_t what, uint64_t arg) {
    for (Branch& branch : branches_) branch.inlet->signal(branch.inlet, what, arg);
}

}  // namespace leat::route
