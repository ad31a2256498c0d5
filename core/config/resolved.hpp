// A validated configuration as it will run: defaults and ${env:}, ${file:} filled in, secrets masked. For `check
// --print`.
#pragma once

#include <string>

#include "config/model.hpp"

namespace leat::config {

// JSON text, indented, in the shape of a configuration file. Secrets, the user part of URLs and properties or headers
// whose name speaks of a password, secret or key are "***".
std::string print_resolved(const Model& model);

}  // namespace leat::config
