// Durations on the command line: "30s", "250ms", "1m30s".
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace leat::app {

/// Whole numbers with the units ms, s, m, h, added up. Nothing when it is none, or longer than a year.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace leat::app
