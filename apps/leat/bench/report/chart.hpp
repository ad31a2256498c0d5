// Inline SVG charts, legible from the width of a telephone on: the words stand above what they name.
#pragma once

#include "bench/figures/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace leat::bench {

/// A figure and the least and most of its rounds.
struct Spread {
    double value = 0, low = 0, high = 0;
};

struct Bar {
    std::string title;
    Spread ours;
    std::optional<Spread> ceiling;
};

/// Horizontal bars of one unit from 0 on, each with its ceiling as a thinner one below. `label` says in words what is
/// seen.
std::string bar_chart(const std::vector<Bar>& bars, const std::string& unit, const std::string& label);

struct Point {
    double x = 0;
    Spread y;  ///< above 0
};

struct Curve {
    bool is_ceiling = false;
    std::vector<Point> points;  ///< by x
};

/// Curves over logarithmic axes, upwards of one power of ten at least, so that slopes are not exaggerated; that
/// across is linear where an x is 0, and marked where the points are.
std::string curve_chart(const std::vector<Curve>& curves, const std::string& x_title, const std::string& unit,
                        const std::string& label);

struct Distribution {
    std::string title;
    LatencyFigures ours;
    std::optional<LatencyFigures> ceiling;
};

/// Percentiles of delays over a logarithmic axis, in us: a dot at p50, a thick line to p99, a thin one to the
/// longest, which ends in a stroke, with a mark at p99.9.
std::string latency_chart(const std::vector<Distribution>& all, const std::string& label);

}  // namespace leat::bench
