#include "bench/report/table.hpp"

#include "bench/figures/statistics.hpp"
#include "bench/report/goals.hpp"
#include "show/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace leat::bench {
namespace {

using app::columns_of;
using app::left;
using app::printable;
using app::right;

using Row = std::vector<std::string>;

const Row kTitles = {"",        "median", "unit",   "spread", "CPU us", "peak MB",
                     "ceiling", "ratio",  "p50 us", "p99 us", "max us", ""};

std::string number(const std::optional<double>& value) { return value ? short_number(*value) : "-"; }

// Half the range of the rounds beside their median.
std::string spread(const Result& r) {
    if (r.rounds.size() < 2 || r.median == 0) return "-";
    return fmt::format("±{:.0f} %", 50 * (r.max - r.min) / r.median);
}

std::string remark(const Result& r, const Report* before) {
    std::string text;
    if (const auto met = meets_goal(r)) text = *met ? "goal met" : "GOAL MISSED";
    if (!meets_goal(r) && !wanted_text(r).empty()) text = "goal not judged";
    if (const std::string pairs = ratio_spread(r); !pairs.empty())
        text += (text.empty() ? "" : "; ") + ("ratio " + pairs);
    if (before) {
        const auto old = std::find_if(before->results.begin(), before->results.end(),
                                      [&r](const Result& o) { return o.id == r.id; });
        const Change change = old == before->results.end() ? Change::none : change_of(r, *old);
        if (change != Change::none) {
            text +=
                fmt::format("{}{} {:+.0f} %", text.empty() ? "" : "; ",
                            change == Change::better ? "improved" : "REGRESSED", 100 * (r.median / old->median - 1));
        }
    }
    if (!r.note.empty()) text += (text.empty() ? "" : "; ") + printable(r.note);
    if (!r.no_ceiling.empty()) text += (text.empty() ? "" : "; ") + ("no ceiling: " + printable(r.no_ceiling));
    return text;
}

std::string failure(const Result& r) {
    if (!r.failure.empty()) return "FAILED: " + printable(r.failure);
    return fmt::format("FAILED: {} missing, {} out of order: no rate", r.audit->missing, r.audit->out_of_order);
}

Row row(const Result& r, const Report* before) {
    const std::string title = "  " + printable(r.title);
    if (r.has_failed()) return {title, "-", printable(r.unit), "-", "-", "-", "-", "-", "-", "-", "-", failure(r)};
    const auto of_latency = [&r](double LatencyFigures::*member) {
        return r.latency ? short_number((*r.latency).*member) : "-";
    };
    return {title,
            short_number(r.median),
            printable(r.unit),
            spread(r),
            number(r.cpu_us),
            number(r.peak_mb),
            r.ceiling ? short_number(r.ceiling->median) : "-",
            r.ratio ? fmt::format("{:.2f}", *r.ratio) : "-",
            of_latency(&LatencyFigures::p50),
            of_latency(&LatencyFigures::p99),
            of_latency(&LatencyFigures::max),
            remark(r, before)};
}

std::string line(const Row& cells, const std::vector<size_t>& widths) {
    std::string text;
    for (size_t i = 0; i < cells.size(); ++i) {
        const bool is_left = i == 0 || i == 2 || i + 1 == cells.size();
        text += (i ? "  " : "") + (is_left ? left(cells[i], widths[i]) : right(cells[i], widths[i]));
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
}

std::vector<std::string> categories(const Report& report) {
    std::vector<std::string> all;
    for (const Result& r : report.results) {
        if (std::find(all.begin(), all.end(), r.category) == all.end()) all.push_back(r.category);
    }
    return all;
}

}  // namespace

std::string short_number(double value) {
    static constexpr struct {
        double least;
        const char* prefix;
    } kScales[] = {{1e9, " G"}, {1e6, " M"}, {1e4, " k"}};
    for (const auto& scale : kScales) {
        if (std::abs(value) < scale.least) continue;
        const double unit = scale.least == 1e4 ? 1e3 : scale.least;
        const double scaled = value / unit;
        return fmt::format("{:.{}f}{}", scaled,
                           std::abs(scaled) >= 100  ? 0
                           : std::abs(scaled) >= 10 ? 1
                                                    : 2,
                           scale.prefix);
    }
    const double size = std::abs(value);
    if (size == 0) return "0";
    return fmt::format("{:.{}f}", value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

std::string short_count(double value) {
    std::string text = short_number(value);
    const size_t point = text.find('.');
    if (point == std::string::npos) return text;
    const size_t end = std::min(text.find(' '), text.size());
    const size_t last = text.find_last_not_of('0', end - 1);
    return text.erase(last == point ? point : last + 1, end - (last == point ? point : last + 1));
}

std::string ratio_spread(const Result& r) {
    if (!r.ratio || r.ratios.size() < 2) return "";
    const auto [least, most] = std::minmax_element(r.ratios.begin(), r.ratios.end());
    return fmt::format("{:.2f}–{:.2f}", *least, *most);
}

std::string goals(const Report& report) {
    std::vector<Row> rows;
    for (const GoalLine& goal : goal_lines(report)) {
        rows.push_back({goal.is_met      ? "  met"
                        : goal.is_judged ? "  MISSED"
                                         : "  not judged",
                        printable(goal.title), printable(goal.wanted), printable(goal.got)});
    }
    if (rows.empty()) return "";
    std::vector<size_t> widths(4);
    for (const Row& each : rows) {
        for (size_t i = 0; i < each.size(); ++i) widths[i] = std::max(widths[i], columns_of(each[i]));
    }
    std::string text = "goals\n";
    for (const Row& each : rows) {
        for (size_t i = 0; i < each.size(); ++i) text += (i ? "  " : "") + left(each[i], widths[i]);
        text.erase(text.find_last_not_of(' ') + 1);
        text += "\n";
    }
    return text;
}

std::string durations(const Report& report) {
    std::string text;
    double all_s = 0;
    for (const std::string& category : categories(report)) {
        double seconds = 0;
        for (const Result& r : report.results) seconds += r.category == category ? r.took_s.value_or(0) : 0;
        if (seconds <= 0) continue;
        all_s += seconds;
        text += fmt::format("{}{} {:.0f} s", text.empty() ? "" : ", ", printable(category), seconds);
    }
    return text.empty() ? "" : fmt::format("took {:.0f} s: {}", all_s, text);
}

std::string machine_changes(const Report& report, const Report& before) {
    std::string text;
    for (const auto& [name, value] : report.machine) {
        if (name == "date" || name == "leat") continue;
        const auto old = std::find_if(before.machine.begin(), before.machine.end(),
                                      [&name = name](const auto& each) { return each.first == name; });
        if (old == before.machine.end() || old->second == value) continue;
        text += fmt::format("{}{} {}, now {}", text.empty() ? "" : "; ", name, old->second, value);
    }
    return text;
}

std::string table(const Report& report, const Report* before) {
    std::vector<Row> rows;
    for (const Result& r : report.results) rows.push_back(row(r, before));
    std::vector<size_t> widths;
    for (size_t i = 0; i < kTitles.size(); ++i) {
        size_t width = columns_of(kTitles[i]);
        for (const Row& each : rows) width = std::max(width, columns_of(each[i]));
        widths.push_back(width);
    }
    std::string text;
    for (const std::string& category : categories(report)) {
        Row titles = kTitles;
        titles[0] = printable(category);
        text += (text.empty() ? "" : "\n") + line(titles, widths);
        for (size_t i = 0; i < rows.size(); ++i) {
            if (report.results[i].category == category) text += line(rows[i], widths);
        }
    }
    return text;
}

}  // namespace leat::bench
