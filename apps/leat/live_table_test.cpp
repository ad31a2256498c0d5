#include "live_table.hpp"

#include "show/text.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace leat;
using namespace leat::app;
using namespace std::chrono_literals;

namespace {

RouteView route(const std::string& name, const std::string& state, const std::string& why = "") {
    RouteView view;
    view.name = name;
    view.state = state;
    view.why = why;
    view.since = 12s;
    view.max_in_flight = 500;
    view.ledger.received = 20412;
    view.ledger.landed = 20400;
    view.ledger.in_flight = 12;
    view.latency = {.p50 = 1'100'000, .p99 = 3'200'000, .count = 20400};
    return view;
}

std::vector<std::string> table(std::vector<RouteView> routes, ScreenSize size) {
    Snapshot snapshot;
    snapshot.routes = std::move(routes);
    return live_table(snapshot, Pace(), "leat", size, false);
}

bool fits(const std::vector<std::string>& lines, ScreenSize size) {
    return lines.size() < size.rows && std::all_of(lines.begin(), lines.end(), [&](const std::string& line) {
               return columns_of(line) <= size.columns;
           });
}

}  // namespace

TEST_CASE("a wide terminal shows state, rates, in flight, retries, latency, reason and ledger") {
    const auto lines =
        table({route("telemetry", "running"), route("commands", "waiting", "plant: connection refused")}, {79, 24});
    REQUIRE(lines.size() == 7);
    CHECK(lines[1] == "ROUTE      STATE       IN/S   OUT/S  IN FLIGHT  RETRIES     P50     P99");
    CHECK(lines[2] == "telemetry  running        0       0     12/500        0  1.1 ms  3.2 ms");
    CHECK(lines[3] == "  received 20412 = landed 20400 + in flight 12");
    CHECK(lines[5] == "  for 12 s: plant: connection refused");
}

TEST_CASE("a narrow terminal loses the least important columns, never the state") {
    const std::vector<RouteView> routes = {route("telemetry", "running"),
                                           route("a route with a very long name", "failed", "why")};
    for (const size_t columns : {100, 79, 60, 50, 40, 30, 20, 16, 10, 3, 1}) {
        CAPTURE(columns);
        const ScreenSize size{columns, 24};
        const auto lines = table(routes, size);
        CHECK(fits(lines, size));
        if (columns >= 16) CHECK(lines[2].find("running") != std::string::npos);
    }
    CHECK(table(routes, {60, 24})[1].find("P50") == std::string::npos);
    CHECK(table(routes, {60, 24})[1].find("IN FLIGHT") != std::string::npos);
}

TEST_CASE("a reason is cut by columns, whatever script it is in") {
    std::string why;
    for (int i = 0; i < 100; ++i) why += "温度";
    const auto lines = table({route("a", "failed", why)}, {50, 24});
    CHECK(columns_of(lines[3]) <= 50);
    CHECK(lines[3].ends_with("…"));
}

TEST_CASE("a low terminal drops ledgers first, then routes that run well") {
    std::vector<RouteView> routes;
    routes.reserve(10);
    for (int i = 0; i < 10; ++i)
        routes.push_back(route("r" + std::to_string(i), i == 9 ? "failed" : "running", i == 9 ? "why" : ""));
    CHECK(table(routes, {79, 40}).size() == 2 + 10 * 2 + 1);
    CHECK(table(routes, {79, 15}).size() == 2 + 10 + 1);
    for (size_t rows = 6; rows < 40; ++rows) {
        CAPTURE(rows);
        const auto lines = table(routes, {79, rows});
        CHECK(fits(lines, {79, rows}));
        CHECK(
            std::any_of(lines.begin(), lines.end(), [](const std::string& line) { return line.starts_with("r9"); }));
    }
    CHECK(table(routes, {79, 8}).back().find("more") != std::string::npos);
}

TEST_CASE("a ledger that does not balance is shown even where there is no room for ledgers") {
    std::vector<RouteView> routes(10, route("r", "running"));
    routes[0].ledger.in_flight = 2;
    const auto lines = table(routes, {79, 15});
    CHECK(lines[3] == "  DOES NOT BALANCE: 10 received are unaccounted for; received 20412 = landed 2…");
}

TEST_CASE("no route at all is no reason to fall") { CHECK(table({}, {79, 24}).size() == 2); }
