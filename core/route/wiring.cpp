#include "route/wiring.hpp"

#include <map>
#include <utility>

namespace leat::route {
namespace {

/// Builds upwards: each function takes the inlet below and gives the one above.
class Wiring {
  public:
    Wiring(const RoutePlan& plan, Makers& makers, Parts& parts, Control& control, Chain& chain)
        : plan_(plan), makers_(makers), parts_(parts), control_(control), chain_(chain) {}

    std::string build() {
        DeadLetter* dead_letter = dead_letter_of(plan_.on_failure);
        redriven_ = dead_letter;
        leat_inlet* below = branches(dead_letter);
        below = stages(plan_.through, "", plan_.on_failure.policy, dead_letter, below);
        if (below) below = plan_.redrive ? redrive(below) : source_side(below);
        chain_.top = below;
        return error_;
    }

  private:
    leat_inlet* branches(DeadLetter* dead_letter) {
        std::vector<leat_inlet*> inlets;
        for (const BranchPlan& branch : plan_.branches) {
            leat_inlet* inlet = this->branch(branch, dead_letter);
            if (!inlet) return nullptr;
            inlets.push_back(inlet);
        }
        if (inlets.size() == 1 && !plan_.branches[0].condition) return inlets[0];
        Gate& gate = this->gate("to", plan_.on_failure.policy, dead_letter);
        auto& fan_out = chain_.fan_outs.emplace_back(std::make_unique<FanOut>(gate, plan_.only_first, plan_.ordered));
        for (size_t i = 0; i < inlets.size(); ++i) fan_out->add(plan_.branches[i].condition, inlets[i]);
        gate.open(fan_out->inlet());
        return entries_["to"] = gate.inlet();
    }

    leat_inlet* branch(const BranchPlan& branch, DeadLetter* of_route) {
        if (!error_.empty()) return nullptr;
        const FailurePlan& failure = branch.has_own_failure ? branch.on_failure : plan_.on_failure;
        DeadLetter* dead_letter = branch.has_own_failure ? dead_letter_of(branch.on_failure) : of_route;
        leat_inlet* below = sink(branch.sink, LEAT_ROLE_SINK, branch.name);
        if (!below) return nullptr;
        if (plan_.redrive && branch.name == plan_.redrive->branch) redriven_ = dead_letter;
        auto& policy = chain_.policies.emplace_back(
            std::make_unique<Policy>(StepSetup{control_, branch.name, failure.policy, dead_letter, plan_.ordered}));
        policy->open(below);
        entries_[branch.name] = policy->inlet();
        return stages(branch.through, branch.name, failure.policy, dead_letter, policy->inlet());
    }

    leat_inlet* sink(const SinkPlan& sink, uint32_t role, const std::string& step) {
        leat_instance* part = nullptr;
        if (makers_.has_parts(sink.backend)) {
            part = parts_.use(
                sink.backend, [&](std::string& why) { return makers_.part(control_.shard(), sink.backend, why); },
                error_);
            if (!part) return nullptr;
            chain_.parts.push_back(sink.backend);
        }
        auto instance = makers_.sink(control_.shard(), plan_, sink, role, step, part, error_);
        if (!instance) return nullptr;
        leat_inlet* inlet = instance->component->inlet;
        chain_.sinks.push_back(std::move(instance));
        chain_.sinks.back()->start(nullptr);
        if (sink.headers.empty() && sink.max_age.count() == 0) return inlet;
        auto& dressing = chain_.dressings.emplace_back(std::make_unique<Dressing>(sink.headers, sink.max_age));
        dressing->open(inlet);
        return dressing->inlet();
    }

    DeadLetter* dead_letter_of(const FailurePlan& failure) {
        if (!failure.has_dead_letter || !error_.empty()) return nullptr;
        leat_inlet* inlet = sink(failure.dead_letter, LEAT_ROLE_DEAD_LETTER, "dead_letter");
        if (!inlet) return nullptr;
        auto& made = chain_.dead_letters.emplace_back(std::make_unique<DeadLetter>(control_));
        made->open(inlet);
        return made.get();
    }

    Gate& gate(const std::string& step, const FailurePolicy& policy, DeadLetter* dead_letter) {
        return *chain_.gates.emplace_back(
            std::make_unique<Gate>(StepSetup{control_, step, policy, dead_letter, plan_.ordered}));
    }

    // The stages of a list, the last one first, each with its failure policy above it.
    leat_inlet* stages(const std::vector<StagePlan>& list, const std::string& branch, const FailurePolicy& policy,
                       DeadLetter* dead_letter, leat_inlet* below) {
        for (auto stage = list.rbegin(); stage != list.rend() && below && error_.empty(); ++stage) {
            auto instance = makers_.stage(control_.shard(), plan_, *stage, branch, error_);
            if (!instance) return nullptr;
            leat_inlet* inlet = instance->component->inlet;
            if (stage->descriptor->flags & LEAT_STAGE_ASYNC) {
                auto& above = chain_.policies.emplace_back(
                    std::make_unique<Policy>(StepSetup{control_, stage->name, policy, dead_letter, plan_.ordered}));
                above->open(inlet);
                inlet = above->inlet();
            } else {
                Gate& above = gate(stage->name, policy, dead_letter);
                above.open(inlet);
                instance->gate = &above;
                inlet = above.inlet();
            }
            chain_.stages.push_back(std::move(instance));
            chain_.stages.back()->start(below);
            below = inlet;
            entries_[stage->name] = inlet;
        }
        return error_.empty() ? below : nullptr;
    }

    // In the place of what stands below the source otherwise: lanes are those of the dead letter.
    leat_inlet* redrive(leat_inlet* below) {
        chain_.redrive = std::make_unique<Redrive>(control_, *plan_.redrive, entries_, below,
                                                   redriven_ ? redriven_->sink() : nullptr);
        chain_.source = makers_.source(control_.shard(), plan_, error_);
        return chain_.redrive->inlet();
    }

    leat_inlet* source_side(leat_inlet* below) {
        if (plan_.lane) {
            chain_.lane_mapper = std::make_unique<LaneMapper>(plan_.lane);
            chain_.lane_mapper->open(below);
            below = chain_.lane_mapper->inlet();
        }
        if (plan_.ack == AckWhen::on_arrival) {
            chain_.ack_mode = std::make_unique<AckMode>(plan_.max_in_flight);
            chain_.ack_mode->open(below);
            below = chain_.ack_mode->inlet();
        }
        chain_.source = makers_.source(control_.shard(), plan_, error_);
        return below;
    }

    const RoutePlan& plan_;
    Makers& makers_;
    Parts& parts_;
    Control& control_;
    Chain& chain_;
    std::map<std::string, leat_inlet*> entries_;  // by step: where its messages go in
    DeadLetter* redriven_ = nullptr;              // whose dead letters plan_.redrive moves back
    std::string error_;
};

}  // namespace

std::string wire(const RoutePlan& plan, Makers& makers, Parts& parts, Control& control, Chain& chain) {
    return Wiring(plan, makers, parts, control, chain).build();
}

leat_flow Chain::flow() const {
    leat_flow flow{};
    flow.size = sizeof flow;
    if (source && source->component->flow) flow = *source->component->flow;
    if (!ack_mode) return flow;
    const leat_flow& real = ack_mode->flow();
    flow.settled = real.settled;
    flow.landed = real.landed;
    flow.filtered = real.filtered;
    flow.discarded = real.discarded;
    flow.dead_lettered = real.dead_lettered;
    flow.returned = real.returned;
    return flow;
}

bool Chain::is_idle() const {
    const leat_flow now = flow();
    return now.emitted == now.settled;
}

void Chain::abandon_all() {
    for (auto& gate : gates) gate->abandon_all();
    for (auto& policy : policies) policy->abandon_all();
    for (auto& dead_letter : dead_letters) dead_letter->abandon();
    if (redrive) redrive->abandon_all();
}

}  // namespace leat::route
