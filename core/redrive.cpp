#include "redrive.hpp"

#include "config/units.hpp"
#include "expression/condition.hpp"

#include <chrono>
#include <utility>

namespace leat {
namespace {

struct Owning : route::RedrivePlan {
    std::unique_ptr<leat_condition> owned;
};

// Conditions name topics as the route's own source does.
expression::Surroundings around(const config::Model& model, const std::string& name) {
    expression::Surroundings out{'.', name};
    for (const config::Route& route : model.routes) {
        const leat_descriptor* source = route.from.component.descriptor;
        if (route.name == name && source->topic_separator) out.separator = static_cast<char>(source->topic_separator);
    }
    return out;
}

DeadLetterView view_of(const route::DeadLetterSeen& s) {
    return {std::string(s.step),
            std::string(s.reason),
            std::string(s.attempts),
            std::string(s.topic),
            std::string(s.key),
            std::string(s.time),
            s.is_chosen,
            s.why_not};
}

}  // namespace

std::shared_ptr<const route::RedrivePlan> plan_redrive(const config::Model& model, const RedriveSettings& given,
                                                       std::string& wrong) {
    auto plan = std::make_shared<Owning>();
    plan->run = std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
    plan->branch = given.branch;
    plan->step = given.step;
    plan->at = given.at;
    plan->limit = given.limit;
    plan->only_look = given.only_look;
    std::string error;
    if (!given.rate.empty()) {
        const auto rate = config::parse_rate(given.rate, error);
        if (!rate) wrong = "--rate: " + error;
        plan->rate = rate.value_or(0);
    }
    if (!given.condition.empty()) {
        auto compiled = expression::Condition::compile(given.condition, around(model, given.route), error);
        if (compiled) {
            plan->owned = std::make_unique<leat_condition>(leat_condition{std::move(*compiled)});
            plan->condition = plan->owned.get();
        } else {
            wrong = "--if: " + error;
        }
    }
    if (given.seen) plan->seen = [seen = given.seen](const route::DeadLetterSeen& s) { seen(view_of(s)); };
    return plan;
}

}  // namespace leat
