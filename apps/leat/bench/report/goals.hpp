// What was to be reached, and whether it was: one line for each result that has a goal.
#pragma once

#include "bench/figures/result.hpp"

#include <string>
#include <vector>

namespace leat::bench {

struct GoalLine {
    std::string id, title, wanted,
        got;  ///< "Kafka -> Kafka, 100 B", "ratio ≥ 0.95, CPU ≤ 1.40 us", "ratio 1.02, CPU 1.31 us"
    bool is_met = false;
    bool is_mixed = false;   ///< some rounds met the goal of the ratio, others did not
    bool is_judged = false;  ///< what is wanted was measured, or the result has failed
};

/// "ratio ≥ 0.95, CPU ≤ 1.40 us"; empty: there is no goal.
std::string wanted_text(const Result& result);

/// In the order of the results; one that has failed has not met its goal.
std::vector<GoalLine> goal_lines(const Report& report);

}  // namespace leat::bench
