#include "bench/report/html.hpp"

#include "bench/figures/statistics.hpp"
#include "bench/report/charts.hpp"
#include "bench/report/html_tables.hpp"
#include "bench/report/table.hpp"
#include "show/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace leat::bench {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --line: #8884; --ours: #1f6feb; --ceiling: #b35900; --bad: #cf222e; --good: #1a7f37;
  --stain: #cf222e14; }
@media (prefers-color-scheme: dark) {
  :root { --ours: #58a6ff; --ceiling: #d9822b; --bad: #ff7b72; --good: #3fb950; --stain: #ff7b7222; } }
body { font: 14px/1.45 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; }
h1 { margin-bottom: 0; } h2 { margin-top: 2em; border-bottom: 1px solid var(--line); } a { color: inherit; }
nav a { margin-right: .8em; } td a { text-decoration-color: var(--line); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1em 0; min-width: 60%; }
th, td { padding: 3px 12px 3px 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, td:first-child, td.text, th.text { text-align: left; } th { vertical-align: bottom; }
td:first-child, td.text { min-width: 7em; } td.figure, td.mark { white-space: nowrap; }
tr.bad td { background: var(--stain); }
td.mark, th.mark { min-width: 0; text-align: left; }
tr:target td { outline: 1px solid var(--ours); }
.wide { overflow-x: auto; } .charts { display: grid; gap: .5em 3em; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); }
figure { margin: 1em 0; break-inside: avoid; } figcaption { margin-bottom: .5em; }
svg { display: block; width: 100%; height: auto; } svg text { font-size: 12.5px; fill: currentColor; }
.ours { --side: var(--ours); } .ceiling { --side: var(--ceiling); }
rect, circle { fill: var(--side); } line, polyline { stroke: var(--side); stroke-width: 1.5; fill: none; }
polyline.ceiling { stroke-dasharray: 6 4; } line.thick { stroke-width: 4; } line.range { opacity: .6; }
line.grid { stroke: var(--line); stroke-width: 1; } line.spread { stroke: currentColor; }
.bad { color: var(--bad); font-weight: 600; } tr.bad { color: inherit; font-weight: inherit; }
.good { color: var(--good); }
.note { opacity: .75; } td .note { font-size: 12px; }
.key { display: inline-block; width: 12px; height: 8px; margin: 0 4px 0 12px; } .key:first-child { margin-left: 0; }
@media print { :root { color-scheme: light; } body { font-size: 9px; margin: 0; max-width: none; }
  nav { display: none; }
  .wide { overflow: visible; } tr { break-inside: avoid; } thead { display: table-header-group; }
  .charts { grid-template-columns: 1fr 1fr; } h2, h3 { break-after: avoid; } td .note { font-size: 8px; }
  td:first-child, td.text { min-width: 0; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
)";

std::string machine_table(const Machine& machine) {
    std::string text = "<div class=\"wide\"><table>";
    for (const auto& [name, value] : machine) {
        text += fmt::format("<tr><td>{}</td><td class=\"text\">{}</td></tr>\n", escaped(name), escaped(value));
    }
    return text + "</table></div>\n";
}

std::string counted(const char* style, size_t count, const char* what) {
    return fmt::format("; <span class=\"{}\">{} {}</span>", count ? style : "", count, what);
}

std::string summary(const Report& report, const Report* before, const std::string& before_name) {
    size_t met = 0, missed = 0, failed = 0, better = 0, worse = 0, fresh = 0;
    for (const Result& r : report.results) {
        failed += r.has_failed() ? 1 : 0;
        if (const auto goal = meets_goal(r)) ++(*goal ? met : missed);
        const Result* old = earlier(r, before);
        fresh += old ? 0 : 1;
        if (!old) continue;
        const Change change = change_of(r, *old);
        better += change == Change::better ? 1 : 0;
        worse += change == Change::worse ? 1 : 0;
    }
    std::string text = fmt::format("<p>{} results", report.results.size());
    text += counted("good", met, "goals met") + counted("bad", missed, "missed");
    if (failed) text += counted("bad", failed, "failed");
    text += ".</p>\n";
    if (before) {
        text += "<p>Beside " + escaped(before_name) + counted("good", better, "improved") +
                counted("bad", worse, "regressed") + fmt::format("; {} new", fresh);
        if (const std::string other = machine_changes(report, *before); !other.empty()) {
            text += "; <span class=\"bad\">measured elsewhere: " + escaped(other) + "</span>";
        }
        text += ".</p>\n";
    }
    return text + "<p class=\"note\">" + escaped(durations(report)) + "</p>\n";
}

// By category, in the order in which they come.
std::vector<std::pair<std::string, Results>> by_category(const Report& report) {
    std::vector<std::pair<std::string, Results>> all;
    for (const Result& r : report.results) {
        auto it = std::find_if(all.begin(), all.end(), [&r](const auto& c) { return c.first == r.category; });
        if (it == all.end()) it = all.insert(it, {r.category, {}});
        it->second.push_back(&r);
    }
    return all;
}

constexpr const char* kLegend =
    "<p><span class=\"key\" style=\"background: var(--ours)\"></span>leat"
    "<span class=\"key\" style=\"background: var(--ceiling)\"></span>its ceiling: the same work, measured in turns, "
    "without a router. Ratio 1: as good as the ceiling, less is worse; it is the median of pairs of neighbouring "
    "runs. "
    "Strokes across bars and points: least and most of the rounds. Curves and delays have logarithmic axes, each "
    "chart "
    "its own. Latency counts from when a message was due, not from when it was sent; a percentile is the median of "
    "the "
    "rounds’, the longest delay that of all. us: microseconds.</p>\n";

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
    text += kLegend;
    if (!flames.empty()) {
        text +=
            "<p>Where the CPU time goes: <a href=\"" + escaped(flames) + "\">flame graphs of each path</a>.</p>\n";
    }
    const auto categories = by_category(report);
    const std::string goals = goals_table(report), changes = changes_table(report, before);
    text += "<nav>";
    if (!goals.empty()) text += "<a href=\"#goals\">goals</a>\n";
    if (!changes.empty()) text += "<a href=\"#changes\">changes</a>\n";
    for (const auto& each : categories)
        text += "<a href=\"#" + escaped(each.first) + "\">" + escaped(each.first) + "</a>\n";
    text += "</nav>\n" + machine_table(report.machine) + goals + changes;
    for (const auto& [name, results] : categories) {
        text += fmt::format("<h2 id=\"{0}\">{0}</h2>\n", escaped(name)) + charts(results) +
                results_table(results, before);
    }
    return text + "</body></html>\n";
}

}  // namespace leat::bench
