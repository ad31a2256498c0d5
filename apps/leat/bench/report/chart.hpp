// Inline SVG charts.
#pragma once

#include "bench/figures/result.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::bench {

struct Bar {
    std::string title;
    double value = 0;
    std::optional<double> ceiling;
    double low = 0, high = 0;  ///< the spread
};

/// Horizontal bars of one unit, each with its ceiling as a thinner one below.
std::string bar_chart(const std::vector<Bar>& bars, const std::string& unit);

struct Curve {
    std::string title;
    std::vector<std::pair<double, double>> points;  ///< by x; y above 0
};

/// Curves over logarithmic axes; that across is linear where an x is 0.
std::string curve_chart(const std::vector<Curve>& curves, const std::string& x_title, const std::string& unit);

struct Distribution {
    std::string title;
    LatencyFigures figures;
    bool is_ceiling = false;
};

/// Percentiles of delays, each distribution a line of marks over a logarithmic axis, in us.
std::string latency_chart(const std::vector<Distribution>& all);

}  // namespace leat::bench
