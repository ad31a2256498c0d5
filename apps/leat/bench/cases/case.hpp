// A measurement: how one round of it is run, and what it is compared with.
#pragma once

#include "bench/figures/histogram.hpp"
#include "bench/figures/result.hpp"
#include "bench/measure/scene.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::bench {

/// One round.
struct Sample {
    double value = 0;
    std::optional<double> cpu_us, peak_mb;
    Histogram delays;
    std::optional<Audit> audit;
    std::string failure;
};

struct Case {
    Case() = default;
    explicit Case(Result f) : frame(std::move(f)) {}

    Result frame;                  ///< id, category, title, unit, goal, series, x, note
    std::function<Sample()> run;   ///< the router
    std::string ceiling;           ///< what `bare` is; empty: there is none
    std::function<Sample()> bare;  ///< the same work without it
    int most_rounds = 0;           ///< for what takes long; 0: as many as are asked for
};

/// What is measured, in messages a second; its category is the first part of the id.
Result frame(const std::string& id, const std::string& title);
/// The same in `unit`, of which less is better.
Result cost_frame(const std::string& id, const std::string& title, const std::string& unit);

/// How much is measured.
struct Effort {
    int rounds = 5;
    double scale = 1;  ///< of counts and durations
    double rate = 0;   ///< of latency measurements, messages a second; 0: each its own

    uint64_t count(double full) const { return std::max<uint64_t>(static_cast<uint64_t>(full * scale), 10); }
    double rate_or(double own) const { return rate > 0 ? rate : own; }
};

/// Runs router and ceiling in turns, each round in the other order, and sums up. Stops at the first failure.
Result measure(const Case& what, int rounds);

/// A rate out of a scene: `messages` in the seconds that `time` picks. Fails where any is missing or out of order.
Sample rate_of(const Observed& seen, uint64_t messages, uint64_t expected, double (Observed::*time)() const);

/// The median delay of a scene, in us, with its histogram. A message whose delay was not recorded is missing.
Sample delay_of(const Observed& seen, uint64_t expected);

}  // namespace leat::bench
