#include "show/status.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace leat;
using namespace std::chrono_literals;

namespace {

RouteView telemetry() {
    RouteView route;
    route.name = "telemetry";
    route.state = "running";
    route.max_in_flight = 500;
    route.ledger.received = 20412;
    route.ledger.landed = 20400;
    route.ledger.in_flight = 12;
    return route;
}

}  // namespace

TEST_CASE("a ledger in words leaves out what is zero") {
    LedgerSnapshot ledger;
    CHECK(app::ledger_text(ledger) == "received 0");
    ledger = telemetry().ledger;
    CHECK(app::ledger_text(ledger) == "received 20412 = landed 20400 + in flight 12");
    CHECK(app::balance_text(ledger) == "balances");
    ledger.in_flight = 10;
    CHECK(app::balance_text(ledger) == "DOES NOT BALANCE: 2 received are unaccounted for");
    ledger.returned = 5;
    CHECK(app::balance_text(ledger) == "DOES NOT BALANCE: 3 more than were received");
}

TEST_CASE("a route in one line has its state first and its ledger last") {
    RouteView route = telemetry();
    route.latency = {.p50 = 1'100'000, .p99 = 3'200'000, .count = 20400};
    CHECK(app::status_line(route, {.in = 1200, .out = 1199}) ==
          "running; in 1200/s, out 1199/s, in flight 12/500, retries 0, p50 1.1 ms, p99 3.2 ms; "
          "received 20412 = landed 20400 + in flight 12");
    route.state = "waiting";
    route.why = "route telemetry, source plant: connection\nrefused";
    route.waiting = 3;
    CHECK(app::status_line(route, {}).starts_with("waiting (source plant: connection\\nrefused); in 0/s"));
    CHECK(app::status_line(route, {}).find("retries 0, held 3,") != std::string::npos);
}

TEST_CASE("rates are of the time between two snapshots") {
    app::Pace pace;
    Snapshot snapshot;
    snapshot.time += 100s;
    snapshot.routes = {telemetry()};
    pace.update(snapshot);
    CHECK(pace.of("telemetry").in == 0);  // nothing to compare with
    snapshot.time += 2s;
    snapshot.routes[0].ledger.received += 100;
    snapshot.routes[0].ledger.landed += 50;
    pace.update(snapshot);
    CHECK(pace.of("telemetry").in == doctest::Approx(50));
    CHECK(pace.of("telemetry").out == doctest::Approx(25));
    CHECK(pace.of("another").in == 0);
}

TEST_CASE("the JSON line is one line, whatever a reason holds") {
    Snapshot snapshot;
    snapshot.routes = {telemetry()};
    snapshot.routes[0].why = "a \"quoted\"\nreason \xff";
    const std::string line = app::status_json_line(snapshot, {}, "running");
    CHECK(line.find('\n') == line.size() - 1);
    const auto json = nlohmann::json::parse(line);
    CHECK(json["phase"] == "running");
    CHECK(json["routes"][0]["ledger"]["received"] == 20412);
    CHECK(json["routes"][0]["ledger"]["balances"] == true);
    CHECK(json["routes"][0]["why"] == "a \"quoted\"\nreason \xef\xbf\xbd");
}
