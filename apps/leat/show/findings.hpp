// What a check found, as lines on stderr, and its sum in one sentence.
#pragma once

#include <leat/host.hpp>

#include <string>

namespace leat::app {

/// As they are ("bridge.json:12: /routes/...: ..."), but for "ok: " before good news.
void print(const Findings& findings);

/// "3 errors, 1 warning in bridge.json", or "bridge.json is fine: 2 backends, 3 routes" with warnings at its end.
/// `resolved`: the configuration as JSON, from which is counted; empty where it could not be loaded.
std::string summary(const Findings& findings, const std::string& file, const std::string& resolved);

}  // namespace leat::app
