// `leat try`: messages through a route's real stages, with stand-ins for its source and its sinks.
#pragma once
#include "route/plan.hpp"
#include "runtime/instance.hpp"

#include <leat/host.hpp>

#include <string>
#include <vector>

namespace leat {

/// What became of the messages at each place where they ended, in that order. Runs a shard of its own. Empty, with
/// `error` set, when a plugin cannot be made.
std::vector<TryResult> try_route(const route::RoutePlan& plan, const std::vector<TryMessage>& messages,
                                 const runtime::Log& log, const runtime::Reread& reread, std::string& error);

}  // namespace leat
