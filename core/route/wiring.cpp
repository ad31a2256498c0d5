#include "route/wiring.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

namespace leat::route {
namespace {

/// Builds upwards: each function takes the inlet below and gives the one above.
class Wiring {
  public:
    Wiring(const RoutePlan& plan, Makers& makers, Parts& parts, Control& control, Chain& chain)
        : plan_(plan), makers_(makers), parts_(parts), control_(control), chain_(chain) {}

    std::string build() {
        if (plan_.ack == AckWhen::manual) {
            chain_.manual = std::make_unique<ManualAck>(control_, plan_.max_in_flight);
        }
        of_route_ = {plan_.on_failure.policy, dead_letter_of(plan_.on_failure), nullptr};
        redriven_ = of_route_.dead_letter;
        leat_inlet* below = branches(rules_below(plan_.through, of_route_));
        below = stages(plan_.through, "", of_route_, below);
        if (below) below = source_side(below);
        chain_.top = below;
        return error_;
    }

  private:
    // What becomes of the messages that a step gives up.
    struct Rules {
        FailurePolicy policy;
        DeadLetter* dead_letter = nullptr;
        const StagePlan* taker = nullptr;  // a stage above that they go up to
    };

    static bool takes_rejects(const StagePlan& stage) {
        return (stage.descriptor->flags & LEAT_STAGE_TAKES_REJECTS) != 0;
    }

    // Of steps below some of the list: the nearest stage that takes rejects gets theirs.
    static Rules rules_below(std::span<const StagePlan> list, const Rules& rules) {
        const auto taker = std::find_if(list.rbegin(), list.rend(), takes_rejects);
        if (taker == list.rend()) return rules;
        Rules up{rules.policy, nullptr, &*taker};
        up.policy.then = FailurePolicy::Then::source;
        return up;
    }

    void enters(const std::string& step, leat_inlet* inlet, const Rules& rules) {
        entries_[step] = inlet;
        if (rules.taker) takers_[step] = rules.taker->name;
    }

    leat_inlet* branches(const Rules& rules) {
        std::vector<leat_inlet*> inlets;
        for (const BranchPlan& branch : plan_.branches) {
            leat_inlet* inlet = this->branch(branch, rules);
            if (!inlet) return nullptr;
            inlets.push_back(inlet);
        }
        if (inlets.size() == 1 && !plan_.branches[0].condition) return inlets[0];
        Gate& gate = this->gate("to", rules);
        auto& fan_out =
            chain_.fan_outs.emplace_back(std::make_unique<FanOut>(control_, gate, plan_.only_first, plan_.ordered));
        for (size_t i = 0; i < inlets.size(); ++i) fan_out->add(plan_.branches[i].condition, inlets[i]);
        gate.open(fan_out->inlet());
        enters("to", gate.inlet(), rules);
        return gate.inlet();
    }

    leat_inlet* branch(const BranchPlan& branch, const Rules& above) {
        if (!error_.empty()) return nullptr;
        Rules rules = branch.best_effort ? of_route_ : above;  // nobody waits for what a best effort gives up
        if (branch.has_own_failure) rules = {branch.on_failure.policy, dead_letter_of(branch.on_failure), nullptr};
        leat_instance* part = nullptr;
        leat_inlet* below = sink(branch.sink, LEAT_ROLE_SINK, branch.name, part);
        if (!below) return nullptr;
        if (plan_.redrive && branch.name == plan_.redrive->branch && branch.has_own_failure) {
            redriven_ = rules.dead_letter;
        }
        const bool in_order =
            plan_.strict && branch.sink.descriptor && (branch.sink.descriptor->flags & LEAT_SINK_IN_ORDER);
        const Rules of_sink = rules_below(branch.through, rules);
        below = policy(branch.name, of_sink, in_order, chain_.sinks.back().get(), part, below);
        enters(branch.name, below, of_sink);
        below = stages(branch.through, branch.name, rules, below);
        if (!below || branch.best_effort == 0) return below;
        auto& queue = chain_.best_efforts.emplace_back(
            std::make_unique<BestEffort>(control_, branch.name, branch.best_effort, branch.drops_oldest));
        queue->open(below);
        return queue->inlet();
    }

    // part  what the sink shares with others: both must be up for a time-out to count.
    leat_inlet* policy(const std::string& step, const Rules& rules, bool in_order, const leat_instance* below,
                       const leat_instance* part, leat_inlet* inlet) {
        StepSetup setup{control_, step, rules.policy, rules.dead_letter, plan_.ordered, plan_.strict, in_order, {}};
        setup.up_since = [below, part]() -> std::optional<int64_t> {
            int64_t since = 0;
            for (const leat_instance* i : {below, part}) {
                if (!i) continue;
                if (i->state.kind != LEAT_STATE_UP) return std::nullopt;
                since = std::max<int64_t>(since, i->state.since.time_since_epoch().count());
            }
            return since;
        };
        auto& made = chain_.policies.emplace_back(std::make_unique<Policy>(std::move(setup)));
        made->open(inlet);
        return made->inlet();
    }

    // In debug builds somebody watches what passes between two elements.
    leat_inlet* watched(leat_inlet* next, const leat_instance* above, leat_instance* below,
                        runtime::FailTaker* gate = nullptr) {
        const bool is_watched = Seam::is_wanted() || plan_.inspect;
        if (gate) below->gate = gate;
        if (!is_watched) return next;
        auto& seam = chain_.seams.emplace_back(std::make_unique<Seam>(above, below));
        seam->open(next);
        if (gate) {
            seam->set_gate(gate);
            below->gate = seam.get();
        }
        return seam->inlet();
    }

    leat_inlet* sink(const SinkPlan& sink, uint32_t role, const std::string& step, leat_instance*& part) {
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
        inlet = watched(inlet, nullptr, chain_.sinks.back().get());
        if (sink.headers.empty() && sink.max_age.count() == 0) return inlet;
        auto& dressing = chain_.dressings.emplace_back(std::make_unique<Dressing>(sink.headers, sink.max_age));
        dressing->open(inlet);
        return dressing->inlet();
    }

    DeadLetter* dead_letter_of(const FailurePlan& failure) {
        if (!failure.has_dead_letter || !error_.empty()) return nullptr;
        leat_instance* part = nullptr;
        leat_inlet* inlet = sink(failure.dead_letter, LEAT_ROLE_DEAD_LETTER, "dead_letter", part);
        if (!inlet) return nullptr;
        auto& made = chain_.dead_letters.emplace_back(std::make_unique<DeadLetter>(control_));
        made->open(inlet);
        return made.get();
    }

    Gate& gate(const std::string& step, const Rules& rules) {
        return *chain_.gates.emplace_back(
            std::make_unique<Gate>(StepSetup{control_, step, rules.policy, rules.dead_letter, plan_.ordered}));
    }

    // The stages of a list, the last one first, each with its failure policy above it.
    leat_inlet* stages(const std::vector<StagePlan>& list, const std::string& branch, const Rules& of_list,
                       leat_inlet* below) {
        for (auto stage = list.rbegin(); stage != list.rend() && below && error_.empty(); ++stage) {
            auto instance = makers_.stage(control_.shard(), plan_, *stage, branch, error_);
            if (!instance) return nullptr;
            leat_instance* made = instance.get();
            chain_.stages.push_back(std::move(instance));
            leat_inlet* inlet = made->component->inlet;
            const uint32_t flags = stage->descriptor->flags;
            Rules rules = rules_below({list.data(), &*stage}, of_list);
            if (takes_rejects(*stage)) rules.policy.timeout = {};  // what is under way has its time-outs below
            if (flags & (LEAT_STAGE_ASYNC | LEAT_STAGE_TAKES_REJECTS)) {
                inlet = policy(stage->name, rules, false, made, nullptr, watched(inlet, nullptr, made));
            } else {
                Gate& above = gate(stage->name, rules);
                above.open(watched(inlet, nullptr, made, &above));
                inlet = above.inlet();
            }
            if (chain_.manual && (flags & LEAT_STAGE_SETTLES)) below = chain_.manual->below(below);
            made->start(watched(below, made, nullptr));
            below = inlet;
            enters(stage->name, inlet, rules);
        }
        return error_.empty() ? below : nullptr;
    }

    // Dead letters go in at their steps, or at the stage that takes what these give up; their lanes are those of the
    // dead letter.
    leat_inlet* redrive(leat_inlet* below) {
        for (auto& [step, entry] : entries_) {
            auto taker = takers_.find(step);
            for (; taker != takers_.end(); taker = takers_.find(taker->second)) entry = entries_.at(taker->second);
        }
        leat_inlet* dead_letter = redriven_ ? redriven_->sink() : nullptr;
        chain_.redrive = std::make_unique<Redrive>(control_, *plan_.redrive, entries_, below, dead_letter);
        return chain_.redrive->inlet();
    }

    leat_inlet* lanes_and_ack(leat_inlet* below) {
        if (plan_.lane) {
            chain_.lane_mapper = std::make_unique<LaneMapper>(plan_.lane);
            chain_.lane_mapper->open(below);
            below = chain_.lane_mapper->inlet();
        }
        if (plan_.ack == AckWhen::on_arrival) {
            chain_.ack_mode = std::make_unique<AckMode>(control_, plan_.max_in_flight);
            chain_.ack_mode->open(below);
            below = chain_.ack_mode->inlet();
        }
        return below;
    }

    leat_inlet* source_side(leat_inlet* below) {
        below = plan_.redrive ? redrive(below) : lanes_and_ack(below);
        if (chain_.manual) {
            chain_.manual->open(below);
            below = chain_.manual->inlet();
        }
        chain_.source = makers_.source(control_.shard(), plan_, error_);
        return chain_.source ? watched(below, chain_.source.get(), nullptr) : below;
    }

    const RoutePlan& plan_;
    Makers& makers_;
    Parts& parts_;
    Control& control_;
    Chain& chain_;
    std::map<std::string, leat_inlet*> entries_;  // by step: where its messages go in
    std::map<std::string, std::string> takers_;   // by step: the stage that takes what it gives up
    Rules of_route_;
    DeadLetter* redriven_ = nullptr;  // whose dead letters plan_.redrive moves back
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
    const auto is_empty = [](const auto& queue) { return queue->is_idle(); };
    return now.emitted == now.settled && (!manual || manual->is_idle()) &&
           std::all_of(best_efforts.begin(), best_efforts.end(), is_empty);
}

uint64_t Chain::stale() const {
    uint64_t all = (ack_mode ? ack_mode->flow().stale : 0) + (manual ? manual->stale() : 0);
    for (const auto& policy : policies) all += policy->stale();
    for (const auto& dead_letter : dead_letters) all += dead_letter->stale();
    for (const auto& fan_out : fan_outs) all += fan_out->stale();
    for (const auto& queue : best_efforts) all += queue->stale();
    return all;
}

void Chain::abandon_all() {
    for (auto& queue : best_efforts) queue->abandon_all();
    if (manual) manual->abandon_all();
    for (auto& gate : gates) gate->abandon_all();
    for (auto& policy : policies) policy->abandon_all();
    for (auto& dead_letter : dead_letters) dead_letter->abandon();
    if (redrive) redrive->abandon_all();
}

}  // namespace leat::route
