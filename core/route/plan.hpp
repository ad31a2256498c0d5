// What is to be built for one route on one shard: pure data, made from the configuration, read by wiring.
//
// Pointers go into the configuration model, which outlives the routes.
#pragma once
#include "route/control.hpp"
#include "route/redrive.hpp"

#include <leat/plugin.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::config {
struct Model;
struct Route;
}  // namespace leat::config

namespace leat::route {

struct StagePlan {
    std::string name;  ///< for people and dead letters: "name" of the step, by default its plugin's
    const leat_descriptor* descriptor = nullptr;
    const leat_value* options = nullptr;
};

struct SinkPlan {
    std::string backend;
    const leat_descriptor* descriptor = nullptr;
    const leat_value* options = nullptr;
    std::vector<std::pair<std::string, const leat_template*>> headers;
    std::chrono::nanoseconds max_age{0};
};

struct FailurePlan {
    FailurePolicy policy;
    bool has_dead_letter = false;
    SinkPlan dead_letter;
};

struct BranchPlan {
    std::string name;  ///< "to", or "to[2]"
    const leat_condition* condition = nullptr;
    std::vector<StagePlan> through;
    SinkPlan sink;
    bool has_own_failure = false;  ///< its on_failure replaces the route's for its through and its sink
    FailurePlan on_failure;
    uint64_t best_effort = 0;  ///< acknowledged once queued, in a queue of so many; 0: waited for
    bool drops_oldest = false;
};

enum class AckWhen : uint8_t { on_delivery, on_arrival, manual, never };

struct RoutePlan {
    std::string name;
    uint32_t replica = 0;
    uint32_t replicas = 1;
    uint32_t shard = 0;
    std::string from_backend;
    const leat_descriptor* from_descriptor = nullptr;
    const leat_value* from_options = nullptr;
    uint64_t max_in_flight = 0;
    uint64_t max_in_flight_bytes = 0;
    const leat_template* lane = nullptr;
    std::vector<StagePlan> through;
    std::vector<BranchPlan> branches;
    bool only_first = false;  ///< "match": "first"
    FailurePlan on_failure;
    AckWhen ack = AckWhen::on_delivery;
    bool ordered = true;
    bool strict = false;   ///< ordered, and nothing of a lane lands behind a refused one
    bool inspect = false;  ///< watch the rules of plugin.h between all components; debug builds do so anyway
    std::chrono::nanoseconds drain_timeout{std::chrono::seconds(30)};
    std::shared_ptr<const RedrivePlan> redrive;  ///< its source reads its own dead letters; nullptr: it does not
};

/// Of its first replica, on shard 0. Also of a route that is not right: what is missing there is null.
RoutePlan plan_route(const config::Route& route);

/// A plan for each replica of each route (all, or those named), spread over the shards in turn.
std::vector<RoutePlan> plan_routes(const config::Model& model, const std::vector<std::string>& only, uint32_t shards);

}  // namespace leat::route
