// The nearest right word to a wrong one.
//
//   report.error(node, "unknown option \"topci\"" + did_you_mean("topci", {"topic", "key"}));
//   // ... unknown option "topci" (did you mean "topic"?)
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat::config {

// The candidate that a person most likely meant, or "" when none is near. Case does not count; of equals the first
// wins.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// ` (did you mean "x"?)`, or "" when no candidate is near: made to be appended to a sentence.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace leat::config
