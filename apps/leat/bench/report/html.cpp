#include "bench/report/html.hpp"

#include "bench/figures/statistics.hpp"
#include "bench/report/chart.hpp"
#include "bench/report/goals.hpp"
#include "bench/report/table.hpp"
#include "show/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace leat::bench {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --line: #8884; --ours: #1f6feb; --ceiling: #b35900; --bad: #cf222e; --good: #2da44e; }
body { font: 14px/1.45 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; }
h1 { margin-bottom: 0; } h2 { margin-top: 2em; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; margin: 1em 0; }
th, td { padding: 3px 8px; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, td:first-child, td.text, th.text { text-align: left; }
svg { width: 100%; height: auto; margin: .6em 0; } svg text { font-size: 12px; fill: currentColor; }
.wide { overflow-x: auto; } .ours { fill: var(--ours); } .ceiling { fill: var(--ceiling); }
line.ours { stroke: var(--ours); } line.ceiling { stroke: var(--ceiling); } .curve { fill: none; stroke-width: 2; }
.grid { stroke: var(--line); } .spread { stroke: currentColor; stroke-width: 1.5; }
.bad { color: var(--bad); font-weight: 600; } .good { color: var(--good); } .note { opacity: .75; }
.key { display: inline-block; width: 12px; height: 8px; margin: 0 4px 0 12px; }
)";

constexpr size_t kLetters = 64;  // of a title beside a bar

std::string number(const std::optional<double>& value) { return value ? short_number(*value) : ""; }

std::string spread_text(const Result& r) {
    return short_number(r.median) +
           fmt::format("<br/><span class=\"note\">{} – {}</span>", short_number(r.min), short_number(r.max));
}

std::string goal_text(const Result& r) {
    const std::string text = escaped(wanted_text(r));
    const auto met = meets_goal(r);
    if (!met) return text;
    return fmt::format("<span class=\"{}\">{} {}</span>", *met ? "good" : "bad", *met ? "✓" : "✗", text);
}

std::string goals_table(const Report& report) {
    const std::vector<GoalLine> lines = goal_lines(report);
    if (lines.empty()) return "";
    std::string text =
        "<h2>goals</h2>\n<table><thead><tr><th>what</th><th class=\"text\">to reach</th><th class=\"text\">reached"
        "</th><th class=\"text\"></th></tr></thead><tbody>\n";
    for (const GoalLine& line : lines) {
        text += fmt::format(
            "<tr><td>{}</td><td class=\"text\">{}</td><td class=\"text\">{}</td><td class=\"text {}\">{}</td></tr>\n",
            escaped(line.title), escaped(line.wanted), escaped(line.got), line.is_met ? "good" : "bad",
            line.is_met ? "✓ met" : "✗ missed");
    }
    return text + "</tbody></table>\n";
}

const Result* earlier(const Result& now, const Report* before) {
    if (!before) return nullptr;
    const auto it = std::find_if(before->results.begin(), before->results.end(),
                                 [&now](const Result& r) { return r.id == now.id; });
    return it == before->results.end() ? nullptr : &*it;
}

std::string change_text(const Result& now, const Result* old) {
    if (!old || old->has_failed() || now.has_failed() || old->median == 0) return "";
    const std::string percent = fmt::format("{:+.1f} %", 100 * (now.median / old->median - 1));
    switch (change_of(now, *old)) {
        case Change::better:
            return "<span class=\"good\">▲ improved " + percent + "</span>";
        case Change::worse:
            return "<span class=\"bad\">▼ regressed " + percent + "</span>";
        case Change::none:
            return "<span class=\"note\">" + percent + ", within the spread</span>";
    }
    return "";
}

std::string row(const Result& r, const Report* before) {
    const std::string title =
        escaped(r.title) + (r.note.empty() ? "" : "<br/><span class=\"note\">" + escaped(r.note) + "</span>");
    if (r.has_failed()) {
        const std::string why = !r.failure.empty() ? r.failure
                                                   : fmt::format("{} missing, {} out of order: no rate",
                                                                 r.audit->missing, r.audit->out_of_order);
        return fmt::format("<tr id=\"{}\"><td>{}</td><td colspan=\"10\" class=\"text bad\">failed: {}</td></tr>\n",
                           escaped(r.id), title, escaped(why));
    }
    std::string cells = fmt::format("<td>{}</td><td>{}</td><td class=\"text\">{}</td><td>{}</td><td>{}</td>", title,
                                    spread_text(r), escaped(r.unit), number(r.cpu_us), number(r.peak_mb));
    cells += r.ceiling ? fmt::format("<td>{}<br/><span class=\"note\">{}</span></td>",
                                     short_number(r.ceiling->median), escaped(r.ceiling->title))
                       : fmt::format("<td><span class=\"note\">{}</span></td>", escaped(r.no_ceiling));
    cells += r.ratio ? fmt::format("<td>{:.2f}<br/><span class=\"note\">{}</span></td>", *r.ratio, ratio_spread(r))
                     : "<td></td>";
    cells += fmt::format("<td>{}</td><td>{}</td>", r.latency ? short_number(r.latency->p50) : "",
                         r.latency ? short_number(r.latency->p99) : "");
    cells += fmt::format("<td class=\"text\">{}</td><td class=\"text\">{}</td>", goal_text(r),
                         change_text(r, earlier(r, before)));
    return fmt::format("<tr id=\"{}\">{}</tr>\n", escaped(r.id), cells);
}

std::string results_table(const std::vector<const Result*>& results, const Report* before) {
    std::string text =
        "<div class=\"wide\"><table><thead><tr><th>what</th><th>median<br/>min – max</th><th "
        "class=\"text\">unit</th><th>CPU us</th>"
        "<th>peak MB</th><th>ceiling</th><th>ratio</th><th>p50 us</th><th>p99 us</th><th class=\"text\">goal</th>"
        "<th class=\"text\">change</th></tr></thead><tbody>\n";
    for (const Result* r : results) text += row(*r, before);
    return text + "</tbody></table></div>\n";
}

// Bars of one chart are of one unit and a like size: beside 40 M messages/s one would not see 40 k.
struct Bars {
    std::string unit;
    double least = 0, most = 0;
    std::vector<Bar> bars;

    bool takes(const Result& r) const {
        constexpr double kAlike = 50;
        return r.unit == unit && std::max(most, r.median) <= kAlike * std::min(least, r.median);
    }
};

// Of what is no point of a curve.
std::string bars(const std::vector<const Result*>& results) {
    std::vector<Bars> charts;
    for (const Result* r : results) {
        if (r->has_failed() || !r->series.empty()) continue;
        auto chart = std::find_if(charts.begin(), charts.end(), [r](const Bars& each) { return each.takes(*r); });
        if (chart == charts.end()) chart = charts.insert(chart, {r->unit, r->median, r->median, {}});
        chart->least = std::min(chart->least, r->median);
        chart->most = std::max(chart->most, r->median);
        chart->bars.push_back({app::clipped(app::printable(r->title), kLetters), r->median,
                               r->ceiling ? std::optional(r->ceiling->median) : std::nullopt, r->min, r->max});
    }
    std::string text;
    for (const Bars& chart : charts) text += bar_chart(chart.bars, chart.unit);
    return text;
}

// "messages in flight" of "from shard to shard by messages in flight".
std::string x_title(const std::string& series) {
    const size_t by = series.rfind(" by ");
    return by == std::string::npos ? series : series.substr(by + 4);
}

std::string curves(const std::vector<const Result*>& results) {
    std::map<std::string, std::vector<const Result*>> series;
    for (const Result* r : results) {
        if (!r->series.empty() && r->x && !r->has_failed()) series[r->series].push_back(r);
    }
    std::string text;
    for (auto& [name, points] : series) {
        std::sort(points.begin(), points.end(), [](const Result* a, const Result* b) { return *a->x < *b->x; });
        Curve ours{"leat", {}}, ceiling{"", {}};
        for (const Result* r : points) {
            ours.points.emplace_back(*r->x, r->median);
            if (!r->ceiling) continue;
            ceiling.title = r->ceiling->title;
            ceiling.points.emplace_back(*r->x, r->ceiling->median);
        }
        std::vector<Curve> both = {ours};
        if (!ceiling.points.empty()) both.push_back(ceiling);
        text += "<h3>" + escaped(name) + "</h3>\n" + curve_chart(both, x_title(name), points.front()->unit);
    }
    return text;
}

std::string latencies(const std::vector<const Result*>& results) {
    std::vector<Distribution> all;
    for (const Result* r : results) {
        if (r->has_failed() || !r->latency) continue;
        all.push_back({app::clipped(app::printable(r->title), kLetters), *r->latency});
        if (r->ceiling && r->ceiling->latency) {
            all.push_back(
                {"… " + app::clipped(app::printable(r->ceiling->title), kLetters - 2), *r->ceiling->latency, true});
        }
    }
    return all.empty() ? "" : "<h3>latency</h3>\n" + latency_chart(all);
}

std::string machine_table(const Machine& machine) {
    std::string text = "<table>";
    for (const auto& [name, value] : machine) {
        text += fmt::format("<tr><td>{}</td><td class=\"text\">{}</td></tr>\n", escaped(name), escaped(value));
    }
    return text + "</table>\n";
}

std::string summary(const Report& report, const Report* before, const std::string& before_name) {
    size_t met = 0, missed = 0, failed = 0, better = 0, worse = 0;
    for (const Result& r : report.results) {
        failed += r.has_failed() ? 1 : 0;
        if (const auto goal = meets_goal(r)) ++(*goal ? met : missed);
        const Result* old = earlier(r, before);
        if (!old) continue;
        const Change change = change_of(r, *old);
        better += change == Change::better ? 1 : 0;
        worse += change == Change::worse ? 1 : 0;
    }
    std::string text = fmt::format("<p>{} results; {} goals met, {} missed", report.results.size(), met, missed);
    if (failed) text += fmt::format("; <span class=\"bad\">{} failed</span>", failed);
    if (before) text += fmt::format("; beside {}: {} improved, {} regressed", escaped(before_name), better, worse);
    return text + ".</p>\n<p class=\"note\">" + escaped(durations(report)) + "</p>\n";
}

}  // namespace

std::string escaped(std::string_view raw) {
    const std::string text = app::printable(raw);
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string page(const Report& report, const Report* before, const std::string& before_name,
                 const std::string& flames) {
    std::string text =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><title>Leat: what it costs</title>"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/><style>";
    text += kStyle;
    text += "</style></head><body>\n<h1>Leat: what it costs</h1>\n";
    text += summary(report, before, before_name);
    text +=
        "<p><span class=\"key\" style=\"background: var(--ours)\"></span>leat"
        "<span class=\"key\" style=\"background: var(--ceiling)\"></span>its ceiling: the same work, measured in "
        "turns, without a router. "
        "Ratio 1: as good as the ceiling. Latency counts from when a message was due, not from when it was "
        "sent; a percentile is the median of the rounds'.</p>\n";
    if (!flames.empty()) {
        text +=
            "<p>Where the CPU time goes: <a href=\"" + escaped(flames) + "\">flame graphs of each path</a>.</p>\n";
    }
    text += machine_table(report.machine) + goals_table(report);
    std::vector<std::pair<std::string, std::vector<const Result*>>> categories;
    for (const Result& r : report.results) {
        const auto it =
            std::find_if(categories.begin(), categories.end(), [&r](const auto& c) { return c.first == r.category; });
        auto& category =
            it == categories.end() ? categories.emplace_back(r.category, std::vector<const Result*>()) : *it;
        category.second.push_back(&r);
    }
    for (const auto& [name, results] : categories) {
        text += "<h2>" + escaped(name) + "</h2>\n";
        text += bars(results) + curves(results) + latencies(results) + results_table(results, before);
    }
    return text + "</body></html>\n";
}

}  // namespace leat::bench
