// The JSON Schema (draft-07) of configurations with a given set of plugins: completion and checking in editors.
#pragma once

#include <leat/plugin.h>

#include <string>
#include <vector>

namespace leat::config {

// JSON text, indented. A source or sink names a backend, whose plugin a schema cannot look up: it may be any
// plugin's.
std::string json_schema(const std::vector<const leat_descriptor*>& plugins);

}  // namespace leat::config
