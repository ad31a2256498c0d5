// The tables of the page.
#pragma once

#include "bench/figures/result.hpp"
#include "bench/report/charts.hpp"

#include <string>

namespace leat::bench {

/// A result's earlier namesake; nullptr: there is none.
const Result* earlier(const Result& now, const Report* before);

/// Each goal, those not met first, linked to its result; empty: there is none.
std::string goals_table(const Report& report);

/// What has changed since, what got worse first; empty: nothing has.
std::string changes_table(const Report& report, const Report* before);

/// The results of a category, each with its ceiling, in the columns that they need.
std::string results_table(const Results& results, const Report* before);

}  // namespace leat::bench
