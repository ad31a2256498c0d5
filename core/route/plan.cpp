#include "route/plan.hpp"

#include "config/model.hpp"

#include <algorithm>

namespace leat::route {
namespace {

// Null where no plugin was found that could have declared any.
const leat_value* values_of(const config::Component& component) {
    return component.options ? component.options->values() : nullptr;
}

StagePlan plan_stage(const config::Stage& stage) {
    return {stage.name, stage.component.descriptor, values_of(stage.component)};
}

SinkPlan plan_sink(const config::Sink& sink) {
    SinkPlan plan;
    plan.backend = sink.backend;
    plan.descriptor = sink.component.descriptor;
    plan.options = values_of(sink.component);
    for (const config::Header& header : sink.headers)
        plan.headers.emplace_back(header.name, header.value.compiled.get());
    plan.max_age = sink.max_age.value_or(std::chrono::nanoseconds(0));
    return plan;
}

FailurePlan plan_failure(const config::Policy& policy) {
    FailurePlan plan;
    plan.policy.attempts = static_cast<uint32_t>(std::min<uint64_t>(policy.attempts, UINT32_MAX));
    plan.policy.backoff = {policy.delay, policy.max_delay};
    plan.policy.max_age = policy.max_age;
    plan.policy.timeout = policy.timeout;
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

// The route does not stop for a branch that it does not wait for, unless the branch itself says so.
void plan_best_effort(const config::Branch& branch, const config::Policy& of_route, BranchPlan& plan) {
    plan.best_effort = branch.best_effort->queue;
    plan.drops_oldest = branch.best_effort->drop == config::Drop::oldest;
    const config::Policy& policy = branch.on_failure ? *branch.on_failure : of_route;
    const bool asks_to_stop = branch.on_failure && policy.at && policy.at->find("then");
    if (policy.then != config::Then::stop || policy.dead_letter || asks_to_stop) return;
    plan.has_own_failure = true;
    plan.on_failure = plan_failure(policy);
    plan.on_failure.policy.then = FailurePolicy::Then::discard;
}

BranchPlan plan_branch(const config::Branch& branch, const config::Policy& of_route) {
    BranchPlan plan;
    plan.name = branch.step;
    plan.condition = branch.condition.compiled.get();
    for (const config::Stage& stage : branch.through) plan.through.push_back(plan_stage(stage));
    plan.sink = plan_sink(branch.sink);
    plan.has_own_failure = branch.on_failure.has_value();
    if (branch.on_failure) plan.on_failure = plan_failure(*branch.on_failure);
    if (branch.best_effort) plan_best_effort(branch, of_route, plan);
    return plan;
}

AckWhen ack_when(config::Ack ack) {
    switch (ack) {
        case config::Ack::on_arrival:
            return AckWhen::on_arrival;
        case config::Ack::manual:
            return AckWhen::manual;
        case config::Ack::never:
            return AckWhen::never;
        default:
            return AckWhen::on_delivery;
    }
}

}  // namespace

RoutePlan plan_route(const config::Route& route) {
    RoutePlan plan;
    plan.name = route.name;
    plan.replicas = route.parallel;
    plan.from_backend = route.from.backend;
    plan.from_descriptor = route.from.component.descriptor;
    plan.from_options = values_of(route.from.component);
    plan.max_in_flight = route.from.max_in_flight;
    plan.max_in_flight_bytes = route.from.max_in_flight_bytes;
    plan.lane = route.from.lane.compiled.get();
    for (const config::Stage& stage : route.through) plan.through.push_back(plan_stage(stage));
    for (const config::Branch& branch : route.branches)
        plan.branches.push_back(plan_branch(branch, route.on_failure));
    plan.only_first = route.match == config::Match::first;
    plan.on_failure = plan_failure(route.on_failure);
    plan.ack = ack_when(route.ack);
    plan.ordered = route.ordering != config::Ordering::none;
    plan.strict = route.ordering == config::Ordering::strict;
    plan.drain_timeout = route.drain_timeout;
    return plan;
}

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
