#include "bench/figures/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace leat::bench {
namespace {

constexpr double kLeastChange = 0.05;
constexpr double kLeastOfOne = 0.3;  // where one of both has a single round, whose spread nobody knows

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
    bool is_asked = false, is_met = true, is_known = true;
    const auto judge = [&](const std::optional<double>& goal, const std::optional<double>& got, bool more_is_better) {
        if (!goal) return;
        is_asked = true;
        is_known &= got.has_value();
        if (got) is_met &= more_is_better ? *got >= *goal : *got <= *goal;
    };
    const auto of_latency = [&r](double LatencyFigures::*member) {
        return r.latency ? std::optional((*r.latency).*member) : std::nullopt;
    };
    judge(r.goal.ratio, r.ratio, true);
    judge(r.goal.cpu_us, r.cpu_us, false);
    judge(r.goal.value, r.median, r.higher_is_better);
    judge(r.goal.p50_us, of_latency(&LatencyFigures::p50), false);
    judge(r.goal.p99_us, of_latency(&LatencyFigures::p99), false);
    return is_asked && (is_known || !is_met) ? std::optional(is_met) : std::nullopt;
}

Change change_of(const Result& now, const Result& before) {
    if (now.has_failed() || before.has_failed() || before.median == 0) return Change::none;
    const bool is_apart = now.min > before.max || now.max < before.min;
    const double least = std::min(now.rounds.size(), before.rounds.size()) > 1 ? kLeastChange : kLeastOfOne;
    if (!is_apart || std::abs(now.median / before.median - 1) < least) return Change::none;
    return (now.median > before.median) == now.higher_is_better ? Change::better : Change::worse;
}

}  // namespace leat::bench
