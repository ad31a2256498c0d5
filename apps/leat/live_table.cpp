#include "live_table.hpp"

#include "show/figures.hpp"
#include "show/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace leat::app {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kShortestName = 6;

struct Column {
    std::string title;
    int importance;  ///< the lowest goes first when it is narrow
    bool is_left;
    std::function<std::string(const RouteView&, const Pace::Rates&)> cell;
    size_t width = 0;
};

std::vector<Column> all_columns() {
    const auto never = 100;
    return {
        {"ROUTE", never, true, [](const RouteView& r, const Pace::Rates&) { return printable(r.name); }},
        {"STATE", never, true, [](const RouteView& r, const Pace::Rates&) { return r.state; }},
        {"IN/S", 5, false, [](const RouteView&, const Pace::Rates& rates) { return rate_text(rates.in); }},
        {"OUT/S", 4, false, [](const RouteView&, const Pace::Rates& rates) { return rate_text(rates.out); }},
        {"IN FLIGHT", 6, false, [](const RouteView& r, const Pace::Rates&) { return in_flight_text(r); }},
        {"RETRIES", 2, false, [](const RouteView& r, const Pace::Rates&) { return fmt::format("{}", r.retries); }},
        {"P50", 1, false, [](const RouteView& r, const Pace::Rates&) { return latency_text(r.latency.p50); }},
        {"P99", 3, false, [](const RouteView& r, const Pace::Rates&) { return latency_text(r.latency.p99); }},
    };
}

size_t total_width(const std::vector<Column>& columns) {
    return std::accumulate(columns.begin(), columns.end(), (columns.size() - 1) * kGap,
                           [](size_t sum, const Column& column) { return sum + column.width; });
}

// Cells keep room for what they will soon hold, so that the table does not twitch.
size_t least_width(const Column& column) {
    if (column.title == "STATE") return 8;  // "starting"
    if (column.title == "P50" || column.title == "P99") return 6;
    return column.title.ends_with("/S") ? 6 : column.title.size();
}

std::vector<Column> fitting_columns(const Snapshot& snapshot, const Pace& pace, size_t width) {
    std::vector<Column> columns = all_columns();
    for (Column& column : columns) {
        column.width = least_width(column);
        for (const RouteView& route : snapshot.routes) {
            column.width = std::max(column.width, columns_of(column.cell(route, pace.of(route.name))));
        }
    }
    size_t& name = columns.front().width;
    name = std::min(name, std::max(width / 3, kShortestName));
    while (columns.size() > 2 && total_width(columns) > width) {
        columns.erase(std::min_element(columns.begin(), columns.end(),
                                       [](const Column& a, const Column& b) { return a.importance < b.importance; }));
    }
    return columns;
}

const char* colour(const std::string& state) {
    if (state == "running") return "\x1b[32m";
    if (state == "failed") return "\x1b[1;31m";
    if (state == "draining") return "\x1b[36m";
    if (state == "stopped") return "\x1b[2m";
    return "\x1b[33m";  // starting, waiting
}

class Table {
  public:
    Table(const Snapshot& snapshot, const Pace& pace, ScreenSize size, bool has_colours)
        : pace_(pace),
          size_(size),
          has_colours_(has_colours),
          columns_(fitting_columns(snapshot, pace, size.columns)) {}

    std::string header() const {
        std::string line;
        for (const Column& column : columns_) append(line, column, column.title);
        return painted("\x1b[1m", clipped(line, size_.columns));
    }

    std::string row(const RouteView& route) const {
        std::string line;
        size_t used = 0;
        for (const Column& column : columns_) {
            std::string cell;
            append(cell, column, column.cell(route, pace_.of(route.name)));
            if (used > 0) cell.insert(0, kGap, ' ');
            cell = clipped(cell, size_.columns - used);
            used += columns_of(cell);
            line += column.title == "STATE" ? painted(colour(route.state), cell) : cell;
        }
        return line;
    }

    std::string reason(const RouteView& route) const {
        const std::string text = fmt::format("  for {}: {}", age_text(route.since), reason_text(route));
        return painted(colour(route.state), clipped(text, size_.columns));
    }

    std::string ledger(const RouteView& route) const {
        std::string text = "  " + ledger_text(route.ledger);
        if (route.waiting > 0) text += fmt::format("; {} held for a retry", route.waiting);
        if (route.ledger.balances()) return painted("\x1b[2m", clipped(text, size_.columns));
        return painted("\x1b[1;31m",
                       clipped("  " + balance_text(route.ledger) + "; " + text.substr(2), size_.columns));
    }

    std::string remark(const std::string& text) const { return painted("\x1b[2m", clipped(text, size_.columns)); }

  private:
    static void append(std::string& line, const Column& column, const std::string& cell) {
        if (!line.empty()) line.append(kGap, ' ');
        line += column.is_left ? left(cell, column.width) : right(cell, column.width);
    }
    std::string painted(const char* with, const std::string& text) const {
        return has_colours_ ? with + text + "\x1b[0m" : text;
    }

    const Pace& pace_;
    const ScreenSize size_;
    const bool has_colours_;
    const std::vector<Column> columns_;
};

size_t height(const std::vector<const RouteView*>& routes, bool has_ledgers) {
    size_t rows = 0;
    for (const RouteView* route : routes) {
        rows += 1 + (route->why.empty() ? 0 : 1) + (has_ledgers || !route->ledger.balances() ? 1 : 0);
    }
    return rows;
}

}  // namespace

std::vector<std::string> live_table(const Snapshot& snapshot, const Pace& pace, const std::string& title,
                                    ScreenSize size, bool has_colours) {
    const Table table(snapshot, pace, size, has_colours);
    std::vector<const RouteView*> routes;
    for (const RouteView& route : snapshot.routes) routes.push_back(&route);

    const size_t room = size.rows > 4 ? size.rows - 3 : 1;  // below title and header, above the cursor
    const bool has_ledgers = height(routes, true) <= room;
    if (!has_ledgers && height(routes, false) > room) {
        std::stable_partition(routes.begin(), routes.end(), [](const RouteView* r) { return r->state != "running"; });
        while (!routes.empty() && height(routes, false) + 1 > room) routes.pop_back();
    }

    std::vector<std::string> lines = {table.remark(title), table.header()};
    for (const RouteView* route : routes) {
        lines.push_back(table.row(*route));
        if (!route->why.empty()) lines.push_back(table.reason(*route));
        if (has_ledgers || !route->ledger.balances()) lines.push_back(table.ledger(*route));
    }
    if (const size_t hidden = snapshot.routes.size() - routes.size(); hidden > 0) {
        lines.push_back(
            table.remark(fmt::format("… and {}; make the window higher to see more", count_text(hidden, "route"))));
    }
    return lines;
}

}  // namespace leat::app
