// Asks the plugins what only they can see in a configuration (check), and what their brokers say (probe).
//
// On the main thread.
#pragma once
#include "config/model.hpp"
#include "config/report.hpp"
#include "runtime/instance.hpp"

#include <leat/host.hpp>

namespace leat {

/// Each plugin's own check of all that the configuration asks of it and whose options are right. Connects to nothing.
void check_with_plugins(const config::Model& model, const runtime::Log& log, const runtime::Reread& reread,
                        config::Report& report);

/// Makes each stage whose options are right as a run would, and takes it down again: a program that does not compile,
/// a file that is not there. Nothing of what a stage logs meanwhile is told.
void make_stages(const config::Model& model, const runtime::Reread& reread, config::Report& report);

/// Each backend's probe of its brokers. Blocks for up to some seconds per broker.
Findings probe_with_plugins(const config::Model& model, const runtime::Log& log, const runtime::Reread& reread);

}  // namespace leat
