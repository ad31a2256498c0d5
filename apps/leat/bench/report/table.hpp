// Reports for a terminal.
#pragma once

#include "bench/figures/result.hpp"

#include <string>

namespace leat::bench {

/// A number with three significant digits and a unit's prefix: "41.2 M", "870 k", "0.65".
std::string short_number(double value);

/// The same without a fraction that is nothing: "10 k", "1 M", "2.5".
std::string short_count(double value);

/// What single pairs of rounds gave, least and most: "0.88–0.97"; empty: there are not two.
std::string ratio_spread(const Result& result);

/// Each goal, whether it was met, and with what; empty: there is none.
std::string goals(const Report& report);

/// One line: how long each category took to measure; empty: that is not known.
std::string durations(const Report& report);

/// What of the machine was otherwise in `before`: "cores 4, now 2; build debug, now optimised"; empty: nothing was.
std::string machine_changes(const Report& report, const Report& before);

/// All results by category, aligned; with `before`, what has changed.
std::string table(const Report& report, const Report* before);

}  // namespace leat::bench
