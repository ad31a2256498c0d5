// `leat try`: one message through a route's real stages, with stand-ins for its source and its sinks.
#pragma once
#include "route/plan.hpp"
#include "runtime/instance.hpp"

#include <leat/host.hpp>

#include <string>
#include <vector>

namespace leat {

/// What became of the message at each place where it ended. Runs a shard of its own. Empty, with `error` set, when a
/// plugin cannot be made.
std::vector<TryResult> try_route(const route::RoutePlan& plan, const TryMessage& message, const runtime::Log& log,
                                 const runtime::Reread& reread, std::string& error);

}  // namespace leat
