// A route's chain, built from its plan, sink first: the instances of plugins and the host's elements between them.
//
//     Chain chain;
//     std::string error = wire(plan, makers, parts, control, chain);   // empty: it stands
//
// On the shard.
#pragma once
#include "route/ack_mode.hpp"
#include "route/best_effort.hpp"
#include "route/dead_letter.hpp"
#include "route/dressing.hpp"
#include "route/fan_out.hpp"
#include "route/gate.hpp"
#include "route/lane_mapper.hpp"
#include "route/makers.hpp"
#include "route/manual_ack.hpp"
#include "route/parts.hpp"
#include "route/policy.hpp"
#include "route/redrive.hpp"
#include "route/seam.hpp"

#include <memory>
#include <string>
#include <vector>

namespace leat::route {

/// Everything of one route on one shard. Elements are destroyed after the instances.
struct Chain {
    std::vector<std::unique_ptr<DeadLetter>> dead_letters;
    std::vector<std::unique_ptr<Policy>> policies;
    std::vector<std::unique_ptr<Gate>> gates;
    std::vector<std::unique_ptr<Dressing>> dressings;
    std::vector<std::unique_ptr<FanOut>> fan_outs;
    std::vector<std::unique_ptr<BestEffort>> best_efforts;
    std::vector<std::unique_ptr<Seam>> seams;
    std::unique_ptr<Redrive> redrive;
    std::unique_ptr<LaneMapper> lane_mapper;
    std::unique_ptr<AckMode> ack_mode;
    std::unique_ptr<ManualAck> manual;
    std::vector<std::string> parts;                      // one entry for each sink that uses a part
    std::vector<std::unique_ptr<leat_instance>> sinks;   // dead letters included
    std::vector<std::unique_ptr<leat_instance>> stages;  // in the order of wiring: the lowest first
    std::unique_ptr<leat_instance> source;
    leat_inlet* top = nullptr;  ///< where the source's messages go in

    /// What becomes of the messages: the source's counts, or those of "on_arrival".
    leat_flow flow() const;
    /// Settlements of no message in flight that the host's elements have ignored.
    uint64_t stale() const;
    /// Nothing is in flight.
    bool is_idle() const;
    void abandon_all();
};

/// Builds the chain and starts sinks and stages, not the source. Returns the reason when it cannot; the chain holds
/// what was made until then.
std::string wire(const RoutePlan& plan, Makers& makers, Parts& parts, Control& control, Chain& chain);

}  // namespace leat::route
