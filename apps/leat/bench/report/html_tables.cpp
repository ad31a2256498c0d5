#include "bench/report/html_tables.hpp"

#include "bench/figures/statistics.hpp"
#include "bench/report/goals.hpp"
#include "bench/report/html.hpp"
#include "bench/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace leat::bench {
namespace {

// Which columns a table has beside those of every one.
struct Columns {
    bool has_cpu = false, has_memory = false, has_latency = false, has_goals = false, has_changes = false;

    size_t count() const {
        return 4 + has_cpu + has_memory + 2 * static_cast<size_t>(has_latency) + has_goals + has_changes;
    }
};

Columns columns_of(const Results& results, const Report* before) {
    Columns columns;
    columns.has_changes = before != nullptr;
    for (const Result* r : results) {
        columns.has_cpu |= r->cpu_us.has_value();
        columns.has_memory |= r->peak_mb.has_value();
        columns.has_latency |= r->latency.has_value();
        columns.has_goals |= !wanted_text(*r).empty();
    }
    return columns;
}

std::string small(const std::string& text) {
    return text.empty() ? "" : "<br/><span class=\"note\">" + text + "</span>";
}

std::string link(const std::string& id, const std::string& title) {
    return "<a href=\"#" + escaped(id) + "\">" + escaped(title) + "</a>";
}

std::string range(const std::vector<double>& rounds) {
    if (rounds.size() < 2) return rounds.empty() ? "" : "one round";
    const auto [least, most] = std::minmax_element(rounds.begin(), rounds.end());
    return short_number(*least) + " – " + short_number(*most);
}

std::string number(const std::optional<double>& value) { return value ? short_number(*value) : ""; }

// A figure above that of the ceiling.
std::string pair(const std::optional<double>& ours, const std::optional<double>& ceiling) {
    return "<td class=\"figure\">" + number(ours) + small(number(ceiling)) + "</td>";
}

std::string goal_text(const Result& r) {
    const std::string text = escaped(wanted_text(r));
    if (text.empty()) return "";
    const auto met = meets_goal(r);
    if (!met) return "not judged: " + text;
    return fmt::format("<span class=\"{}\">{} {}</span>", *met ? "good" : "bad", *met ? "✓" : "✗", text);
}

std::string change_text(const Result& now, const Result* old) {
    if (!old) return "<span class=\"note\">new</span>";
    if (old->has_failed() || now.has_failed() || old->median == 0) return "";
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

std::string ceiling_cell(const Result& r) {
    if (!r.ceiling) return "<td class=\"text\"><span class=\"note\">" + escaped(r.no_ceiling) + "</span></td>";
    return fmt::format("<td class=\"text\">{}{}{}</td>", short_number(r.ceiling->median),
                       small(range(r.ceiling->rounds)), small(escaped(r.ceiling->title)));
}

std::string row(const Result& r, const Columns& columns, const Report* before) {
    const std::string title = escaped(r.title) + small(escaped(r.note));
    if (r.has_failed()) {
        const std::string why = !r.failure.empty() ? r.failure
                                                   : fmt::format("{} missing, {} out of order: no rate",
                                                                 r.audit->missing, r.audit->out_of_order);
        return fmt::format(
            "<tr id=\"{}\" class=\"bad\"><td>{}</td><td colspan=\"{}\" class=\"text\"><span class=\"bad\">failed: "
            "{}</span></td></tr>\n",
            escaped(r.id), title, columns.count() - 1, escaped(why));
    }
    const Ceiling none, &ceiling = r.ceiling ? *r.ceiling : none;
    std::string cells = fmt::format("<td>{}</td><td class=\"figure\">{} {}{}</td>", title, short_number(r.median),
                                    escaped(r.unit), small(range(r.rounds)));
    cells += fmt::format("<td class=\"figure\">{}{}</td>", r.ratio ? fmt::format("{:.2f}", *r.ratio) : "",
                         small(ratio_spread(r)));
    cells += ceiling_cell(r);
    if (columns.has_cpu) cells += pair(r.cpu_us, ceiling.cpu_us);
    if (columns.has_memory) cells += pair(r.peak_mb, ceiling.peak_mb);
    if (columns.has_latency) {
        const auto of = [](const std::optional<LatencyFigures>& all, double LatencyFigures::*member) {
            return all ? std::optional((*all).*member) : std::nullopt;
        };
        for (const auto member : {&LatencyFigures::p50, &LatencyFigures::p99}) {
            cells += pair(of(r.latency, member), of(ceiling.latency, member));
        }
    }
    if (columns.has_goals) cells += "<td class=\"text\">" + goal_text(r) + "</td>";
    if (columns.has_changes) cells += "<td class=\"mark\">" + change_text(r, earlier(r, before)) + "</td>";
    return fmt::format("<tr id=\"{}\">{}</tr>\n", escaped(r.id), cells);
}

std::string table(const std::string& heads, const std::string& rows) {
    return "<div class=\"wide\"><table><thead><tr>" + heads + "</tr></thead><tbody>\n" + rows +
           "</tbody></table></div>\n";
}

std::string verdict(const GoalLine& line) {
    const std::string text = line.is_met ? "✓ met" : line.is_judged ? "✗ missed" : "not judged";
    return text + (line.is_mixed ? small("not in all rounds") : "");
}

}  // namespace

const Result* earlier(const Result& now, const Report* before) {
    if (!before) return nullptr;
    const auto it = std::find_if(before->results.begin(), before->results.end(),
                                 [&now](const Result& r) { return r.id == now.id; });
    return it == before->results.end() ? nullptr : &*it;
}

std::string goals_table(const Report& report) {
    std::vector<GoalLine> lines = goal_lines(report);
    if (lines.empty()) return "";
    std::stable_partition(lines.begin(), lines.end(), [](const GoalLine& line) { return !line.is_met; });
    std::string rows;
    for (const GoalLine& line : lines) {
        rows += fmt::format(
            "<tr{}><td class=\"mark {}\">{}</td><td class=\"text\">{}</td><td class=\"text\">{}</td><td "
            "class=\"text\">"
            "{}</td></tr>\n",
            line.is_met ? "" : " class=\"bad\"", line.is_met ? "good" : "bad", verdict(line),
            link(line.id, line.title), escaped(line.wanted), escaped(line.got));
    }
    const std::string heads =
        "<th></th><th class=\"text\">what</th><th class=\"text\">to reach</th><th class=\"text\">reached</th>";
    return "<h2 id=\"goals\">goals</h2>\n" + table(heads, rows);
}

std::string changes_table(const Report& report, const Report* before) {
    std::string worse, better;
    for (const Result& r : report.results) {
        const Result* const old = earlier(r, before);
        const Change change = old ? change_of(r, *old) : Change::none;
        if (change == Change::none) continue;
        const auto ratio = [](const Result& of) { return of.ratio ? fmt::format("{:.2f}", *of.ratio) : ""; };
        (change == Change::worse ? worse : better) += fmt::format(
            "<tr{}><td class=\"mark\">{}</td><td class=\"text\">{}</td><td class=\"figure\">{} {}{}</td><td "
            "class=\"figure\">{} {}{}</td><td>{}</td><td>{}</td></tr>\n",
            change == Change::worse ? " class=\"bad\"" : "", change_text(r, old),
            link(r.id, r.title) + small(escaped(r.category)), short_number(old->median), escaped(r.unit),
            small(range(old->rounds)), short_number(r.median), escaped(r.unit), small(range(r.rounds)), ratio(*old),
            ratio(r));
    }
    if (worse.empty() && better.empty()) return "";
    return "<h2 id=\"changes\">changes</h2>\n"
           "<p class=\"note\">Where the ratio has not moved, the ceiling has: the machine or its brokers were "
           "quicker or slower.</p>\n" +
           table(
               "<th></th><th class=\"text\">what</th><th>before</th><th>now</th><th>ratio before</th><th>ratio "
               "now</th>",
               worse + better);
}

std::string results_table(const Results& results, const Report* before) {
    const Columns columns = columns_of(results, before);
    std::string heads =
        "<th>what</th><th>median<br/>min – max</th><th>ratio<br/>min – max</th><th class=\"text\">ceiling<br/>"
        "min – max</th>";
    if (columns.has_cpu) heads += "<th>CPU us<br/>ceiling’s</th>";
    if (columns.has_memory) heads += "<th>peak MB<br/>ceiling’s</th>";
    if (columns.has_latency) heads += "<th>p50 us<br/>ceiling’s</th><th>p99 us<br/>ceiling’s</th>";
    if (columns.has_goals) heads += "<th class=\"text\">goal</th>";
    if (columns.has_changes) heads += "<th class=\"text\">change</th>";
    std::string rows;
    for (const Result* r : results) rows += row(*r, columns, before);
    return table(heads, rows);
}

}  // namespace leat::bench
