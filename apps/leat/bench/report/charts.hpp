// Which charts a category gets.
#pragma once

#include "bench/figures/result.hpp"

#include <string>
#include <vector>

namespace leat::bench {

/// Those of one category.
using Results = std::vector<const Result*>;

/// Bars of what stands alone, a curve of each series, percentiles of what has delays; as figures for HTML.
std::string charts(const Results& results);

}  // namespace leat::bench
