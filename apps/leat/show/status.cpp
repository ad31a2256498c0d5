#include "show/status.hpp"

#include "show/figures.hpp"
#include "show/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace leat::app {
namespace {

uint64_t accounted(const LedgerSnapshot& l) {
    return l.landed + l.filtered + l.discarded + l.dead_lettered + l.returned + l.in_flight;
}

nlohmann::json latency_json(const Latency& latency) {
    return {{"p50", latency.p50},
            {"p90", latency.p90},
            {"p99", latency.p99},
            {"p999", latency.p999},
            {"count", latency.count}};
}

nlohmann::json ledger_json(const LedgerSnapshot& ledger) {
    return {{"received", ledger.received},           {"landed", ledger.landed},
            {"filtered", ledger.filtered},           {"discarded", ledger.discarded},
            {"dead_lettered", ledger.dead_lettered}, {"returned", ledger.returned},
            {"in_flight", ledger.in_flight},         {"balances", ledger.balances()}};
}

}  // namespace

void Pace::update(const Snapshot& snapshot) {
    const double seconds = std::chrono::duration<double>(snapshot.time - time_).count();
    const bool is_first = time_ == std::chrono::steady_clock::time_point{};
    for (const RouteView& route : snapshot.routes) {
        Seen& seen = seen_[route.name];
        const auto rate = [&](uint64_t now, uint64_t before) {
            return is_first || seconds <= 0 || now < before ? 0 : static_cast<double>(now - before) / seconds;
        };
        seen.rates = {rate(route.ledger.received, seen.received), rate(route.ledger.landed, seen.landed)};
        seen.received = route.ledger.received;
        seen.landed = route.ledger.landed;
    }
    time_ = snapshot.time;
}

Pace::Rates Pace::of(const std::string& route) const {
    const auto found = seen_.find(route);
    return found == seen_.end() ? Rates{} : found->second.rates;
}

std::string ledger_text(const LedgerSnapshot& ledger) {
    std::string terms;
    const auto add = [&terms](const char* name, uint64_t n) {
        if (n > 0) terms += fmt::format("{}{} {}", terms.empty() ? " = " : " + ", name, n);
    };
    add("landed", ledger.landed);
    add("filtered", ledger.filtered);
    add("discarded", ledger.discarded);
    add("dead-lettered", ledger.dead_lettered);
    add("returned", ledger.returned);
    add("in flight", ledger.in_flight);
    return fmt::format("received {}{}", ledger.received, terms);
}

std::string balance_text(const LedgerSnapshot& ledger) {
    if (ledger.balances()) return "balances";
    const uint64_t sum = accounted(ledger);
    return sum < ledger.received
               ? fmt::format("DOES NOT BALANCE: {} received are unaccounted for", ledger.received - sum)
               : fmt::format("DOES NOT BALANCE: {} more than were received", sum - ledger.received);
}

std::string reason_text(const RouteView& route) {
    const std::string own = "route " + route.name + ", ";
    return printable(route.why.starts_with(own) ? std::string_view(route.why).substr(own.size()) : route.why);
}

std::string in_flight_text(const RouteView& route) {
    return route.max_in_flight > 0 ? fmt::format("{}/{}", route.ledger.in_flight, route.max_in_flight)
                                   : fmt::format("{}", route.ledger.in_flight);
}

std::string status_line(const RouteView& route, const Pace::Rates& rates) {
    std::string line = route.state;
    if (!route.why.empty()) line += " (" + reason_text(route) + ")";
    line += fmt::format("; in {}/s, out {}/s, in flight {}, retries {}", rate_text(rates.in), rate_text(rates.out),
                        in_flight_text(route), route.retries);
    if (route.waiting > 0) line += fmt::format(", held {}", route.waiting);
    line += fmt::format(", p50 {}, p99 {}; ", latency_text(route.latency.p50), latency_text(route.latency.p99));
    return line + ledger_text(route.ledger);
}

nlohmann::json status_json(const RouteView& route, const Pace::Rates& rates) {
    nlohmann::json json = {{"name", route.name},
                           {"state", route.state},
                           {"why", route.why},
                           {"since_s", route.since.count()},
                           {"replicas", route.replicas},
                           {"in_per_s", rates.in},
                           {"out_per_s", rates.out},
                           {"ledger", ledger_json(route.ledger)},
                           {"span", route.span},
                           {"max_in_flight", route.max_in_flight},
                           {"bytes", route.bytes},
                           {"retries", route.retries},
                           {"waiting", route.waiting},
                           {"stale", route.stale},
                           {"latency_ns", latency_json(route.latency)}};
    json["steps"] = nlohmann::json::array();
    for (const StepSnapshot& step : route.steps) {
        json["steps"].push_back({{"name", step.name},
                                 {"retries", step.retries},
                                 {"waiting", step.waiting},
                                 {"latency_ns", latency_json(step.latency)}});
    }
    json["counters"] = nlohmann::json::array();
    for (const CounterSnapshot& counter : route.counters) {
        json["counters"].push_back(
            {{"component", counter.component}, {"name", counter.name}, {"value", counter.value}});
    }
    return json;
}

std::string status_json_line(const Snapshot& snapshot, const Pace& pace, const std::string& phase) {
    nlohmann::json json = {{"time", utc_text(std::chrono::system_clock::now())}, {"phase", phase}};
    json["routes"] = nlohmann::json::array();
    for (const RouteView& route : snapshot.routes) json["routes"].push_back(status_json(route, pace.of(route.name)));
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace leat::app
