#include "bench/report/goals.hpp"

#include "bench/figures/statistics.hpp"
#include "bench/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace leat::bench {
namespace {

// Joins "before value after" of each that is asked for.
class Words {
  public:
    void add(const char* before, const std::string& after, const std::optional<double>& asked,
             const std::optional<double>& value) {
        if (asked && value) say(before + shown(*value) + after);
    }
    void say(const std::string& words) { text_ += (text_.empty() ? "" : ", ") + words; }
    std::string text() && { return std::move(text_); }

  private:
    static std::string shown(double value) { return value < 1 ? fmt::format("{:.2g}", value) : short_number(value); }
    std::string text_;
};

std::string got_text(const Result& r) {
    if (r.has_failed()) return "no figure";
    const auto p50 = r.latency ? std::optional(r.latency->p50) : std::nullopt;
    const auto p99 = r.latency ? std::optional(r.latency->p99) : std::nullopt;
    Words words;
    const std::string pairs = ratio_spread(r);
    words.add("ratio ", pairs.empty() ? "" : " (" + pairs + ")", r.goal.ratio, r.ratio);
    words.add("CPU ", " us", r.goal.cpu_us, r.cpu_us);
    words.add("", " " + r.unit, r.goal.value, r.median);
    words.add("p50 ", " us", r.goal.p50_us, p50);
    words.add("p99 ", " us", r.goal.p99_us, p99);
    if (r.goal.ratio && !r.ratio && !r.no_ceiling.empty()) words.say("no ceiling: " + r.no_ceiling);
    return std::move(words).text();
}

bool is_mixed(const Result& r) {
    if (!r.goal.ratio || r.has_failed()) return false;
    const auto meets = [&r](double ratio) { return ratio >= *r.goal.ratio; };
    const auto met = std::count_if(r.ratios.begin(), r.ratios.end(), meets);
    return met > 0 && met < static_cast<std::ptrdiff_t>(r.ratios.size());
}

}  // namespace

std::string wanted_text(const Result& r) {
    Words words;
    words.add("ratio ≥ ", "", r.goal.ratio, r.goal.ratio);
    words.add("CPU ≤ ", " us", r.goal.cpu_us, r.goal.cpu_us);
    words.add(r.higher_is_better ? "≥ " : "≤ ", " " + r.unit, r.goal.value, r.goal.value);
    words.add("p50 ≤ ", " us", r.goal.p50_us, r.goal.p50_us);
    words.add("p99 ≤ ", " us", r.goal.p99_us, r.goal.p99_us);
    return std::move(words).text();
}

std::vector<GoalLine> goal_lines(const Report& report) {
    std::vector<GoalLine> lines;
    for (const Result& r : report.results) {
        const std::string wanted = wanted_text(r);
        const std::optional<bool> met = meets_goal(r);
        if (wanted.empty()) continue;
        lines.push_back(
            {r.id, r.title, wanted, got_text(r), met.value_or(false), is_mixed(r), met || r.has_failed()});
    }
    return lines;
}

}  // namespace leat::bench
