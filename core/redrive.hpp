// `leat redrive`: what chooses among the dead letters of a route, from what the embedder asked for.
#pragma once
#include "config/model.hpp"
#include "route/redrive.hpp"

#include <leat/host.hpp>

#include <memory>
#include <string>

namespace leat {

/// `wrong` gets a sentence when the condition or the rate cannot be read.
std::shared_ptr<const route::RedrivePlan> plan_redrive(const config::Model& model, const RedriveSettings& given,
                                                       std::string& wrong);

}  // namespace leat
