// Results of several programs in one report.
#pragma once

#include "bench/figures/result.hpp"

namespace leat::bench {

/// Adds the results of `other`: one with an id that is there already takes its place, the rest stand behind the last
/// of their category. What its machine says and ours does not is added.
void merge(Report& report, Report&& other);

}  // namespace leat::bench
