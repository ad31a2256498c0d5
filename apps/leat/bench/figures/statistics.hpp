// Rounds into figures.
#pragma once

#include "bench/figures/histogram.hpp"
#include "bench/figures/result.hpp"

#include <span>

namespace leat::bench {

/// The middle one, or the mean of the two in the middle; 0 of none.
double median(std::vector<double> values);

/// Fills median, min and max from the rounds.
void sum_up(Result& result);

/// How good `ours` is beside `ceiling`: 1 is as good, above 1 better. 0 where there is nothing to divide by.
double ratio_of(double ours, double ceiling, bool higher_is_better);

/// Compares the rounds with the ceiling's, each with the one that was measured beside it, and fills ratio and ratios:
/// what changes slowly - a machine that gets busy, a broker that warms up - has touched both of a pair alike.
void compare(Result& result);

LatencyFigures figures_of(const Histogram& histogram);

/// Whether all goals are met; nothing: none was set, the result has failed, or what is asked for was not measured.
std::optional<bool> meets_goal(const Result& result);

enum class Change { none, better, worse };

/// Compares with an earlier result of the same id: a change is more than noise when the medians differ by more than
/// the spreads of both runs overlap, and by 5 % at least; by 30 % where one of both has one round alone.
Change change_of(const Result& now, const Result& before);

}  // namespace leat::bench
