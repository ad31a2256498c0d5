#include "bench/figures/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace leat::bench {
namespace {

constexpr double kLeastChange = 0.05;

double to_us(int64_t ns) { return static_cast<double>(ns) / 1000.0; }

}  // namespace

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void sum_up(Result& result) {
    if (result.rounds.empty()) return;
    const auto [least, most] = std::minmax_element(result.rounds.begin(), result.rounds.end());
    result.min = *least;
    result.max = *most;
    result.median = median(result.rounds);
}

double ratio_of(double ours, double ceiling, bool higher_is_better) {
    if (!higher_is_better) std::swap(ours, ceiling);
    return ceiling > 0 ? ours / ceiling : 0;
}

void compare(Result& result) {
    result.ratios.clear();
    if (!result.ceiling) return;
    const std::vector<double>& bare = result.ceiling->rounds;
    for (size_t i = 0; i < std::min(result.rounds.size(), bare.size()); ++i) {
        result.ratios.push_back(ratio_of(result.rounds[i], bare[i], result.higher_is_better));
    }
    if (!result.ratios.empty()) result.ratio = median(result.ratios);
}

LatencyFigures figures_of(const Histogram& h) {
    return {to_us(h.percentile(50)), to_us(h.percentile(90)), to_us(h.percentile(99)), to_us(h.percentile(99.9)),
            to_us(h.max())};
}

std::optional<bool> meets_goal(const Result& r) {
    if (r.has_failed()) return std::nullopt;
    std::optional<bool> met;
    const auto judge = [&met](bool good) { met = met.value_or(true) && good; };
    if (r.goal.ratio && r.ratio) judge(*r.ratio >= *r.goal.ratio);
    if (r.goal.cpu_us && r.cpu_us) judge(*r.cpu_us <= *r.goal.cpu_us);
    if (r.goal.value) judge(r.higher_is_better ? r.median >= *r.goal.value : r.median <= *r.goal.value);
    if (r.goal.p50_us && r.latency) judge(r.latency->p50 <= *r.goal.p50_us);
    if (r.goal.p99_us && r.latency) judge(r.latency->p99 <= *r.goal.p99_us);
    return met;
}

Change change_of(const Result& now, const Result& before) {
    if (now.has_failed() || before.has_failed() || before.median == 0) return Change::none;
    const bool is_apart = now.min > before.max || now.max < before.min;
    if (!is_apart || std::abs(now.median / before.median - 1) < kLeastChange) return Change::none;
    return (now.median > before.median) == now.higher_is_better ? Change::better : Change::worse;
}

}  // namespace leat::bench
