#include "route/plan.hpp"

#include "config/model.hpp"

#include <algorithm>

namespace leat::route {
namespace {

StagePlan plan_stage(const config::Stage& stage) {
    return {stage.name, stage.component.descriptor, stage.component.options->values()};
}

SinkPlan plan_sink(const config::Sink& sink) {
    SinkPlan plan;
    plan.backend = sink.backend;
    plan.descriptor = sink.component.descriptor;
    plan.options = sink.component.options->values();
    for (const config::Header& header : sink.headers)
        plan.headers.emplace_back(header.name, header.value.compiled.get());
    plan.max_age = sink.max_age.value_or(std::chrono::nanoseconds(0));
    return plan;
}

FailurePlan plan_failure(const config::Policy& policy) {
    FailurePlan plan;
    plan.policy.attempts = static_cast<uint32_t>(std::min<uint64_t>(policy.attempts, UINT32_MAX));
    plan.policy.backoff = {policy.delay, policy.max_delay};
    switch (policy.then) {
        case config::Then::discard:
            plan.policy.then = FailurePolicy::Then::discard;
            break;
        case config::Then::source:
            plan.policy.then = FailurePolicy::Then::source;
            break;
        default:
            plan.policy.then = FailurePolicy::Then::stop;
    }
    plan.has_dead_letter = policy.dead_letter.has_value();
    if (policy.dead_letter) plan.dead_letter = plan_sink(*policy.dead_letter);
    return plan;
}

BranchPlan plan_branch(const config::Branch& branch) {
    BranchPlan plan;
    plan.name = branch.step;
    plan.condition = branch.condition.compiled.get();
    for (const config::Stage& stage : branch.through) plan.through.push_back(plan_stage(stage));
    plan.sink = plan_sink(branch.sink);
    plan.has_own_failure = branch.on_failure.has_value();
    if (branch.on_failure) plan.on_failure = plan_failure(*branch.on_failure);
    return plan;
}

RoutePlan plan_route(const config::Route& route) {
    RoutePlan plan;
    plan.name = route.name;
    plan.replicas = route.parallel;
    plan.from_backend = route.from.backend;
    plan.from_descriptor = route.from.component.descriptor;
    plan.from_options = route.from.component.options->values();
    plan.max_in_flight = route.from.max_in_flight;
    plan.max_in_flight_bytes = route.from.max_in_flight_bytes;
    plan.lane = route.from.lane.compiled.get();
    for (const config::Stage& stage : route.through) plan.through.push_back(plan_stage(stage));
    for (const config::Branch& branch : route.branches) plan.branches.push_back(plan_branch(branch));
    plan.only_first = route.match == config::Match::first;
    plan.on_failure = plan_failure(route.on_failure);
    plan.ack = route.ack == config::Ack::on_arrival ? AckWhen::on_arrival
               : route.ack == config::Ack::never    ? AckWhen::never
                                                    : AckWhen::on_delivery;
    plan.ordered = route.ordering == config::Ordering::lane;
    plan.drain_timeout = route.drain_timeout;
    return plan;
}

}  // namespace

std::vector<RoutePlan> plan_routes(const config::Model& model, const std::vector<std::string>& only,
                                   uint32_t shards) {
    std::vector<RoutePlan> plans;
    for (const config::Route& route : model.routes) {
        if (!only.empty() && std::find(only.begin(), only.end(), route.name) == only.end()) continue;
        const RoutePlan one = plan_route(route);
        for (uint32_t replica = 0; replica < one.replicas; ++replica) {
            plans.push_back(one);
            plans.back().replica = replica;
        }
    }
    for (size_t i = 0; i < plans.size(); ++i) plans[i].shard = static_cast<uint32_t>(i % std::max(shards, 1u));
    return plans;
}

}  // namespace leat::route
