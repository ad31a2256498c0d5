#include "route/board.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <utility>

namespace leat::route {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(250);

// A route is as well as its worst replica.
int severity_of(RouteState state) {
    switch (state) {
        case RouteState::stopped:
            return 0;
        case RouteState::running:
            return 1;
        case RouteState::starting:
            return 2;
        case RouteState::waiting:
            return 3;
        case RouteState::draining:
            return 4;
        default:
            return 5;
    }
}

void add(RouteSnapshot& sum, const RouteSnapshot& one) {
    if (severity_of(one.state) > severity_of(sum.state)) {
        sum.state = one.state;
        sum.why = one.why;
        sum.since = one.since;
    }
    sum.ledger.add(one.ledger);
    sum.latency.add(one.latency);
    sum.span = std::max(sum.span, one.span);
    sum.bytes += one.bytes;
    sum.retries += one.retries;
    sum.waiting += one.waiting;
    sum.stale += one.stale;
    if (sum.steps.size() < one.steps.size()) sum.steps.resize(one.steps.size());
    for (size_t i = 0; i < one.steps.size(); ++i) {
        sum.steps[i].name = one.steps[i].name;
        sum.steps[i].retries += one.steps[i].retries;
        sum.steps[i].waiting += one.steps[i].waiting;
        sum.steps[i].latency.add(one.steps[i].latency);
    }
    sum.counters.insert(sum.counters.end(), one.counters.begin(), one.counters.end());
}

}  // namespace

std::vector<RouteSnapshot> Board::look() {
    using Answer = std::promise<RouteSnapshot>;
    std::vector<std::shared_ptr<Answer>> answers;
    for (const Place& place : places_) {
        answers.push_back(std::make_shared<Answer>());
        place.shard->post([r = place.route, a = answers.back()] { a->set_value(r->snapshot()); });
    }
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    std::map<std::string, RouteSnapshot> sums;
    for (size_t i = 0; i < places_.size(); ++i) {
        RouteSnapshot& last = places_[i].last;
        auto answer = answers[i]->get_future();
        if (answer.wait_until(deadline) == std::future_status::ready) {
            last = answer.get();
        } else {
            last.name = places_[i].route->name();
            last.why = "its shard does not answer: a plugin blocks it";
        }
        const auto [sum, is_first] = sums.try_emplace(last.name, last);
        if (!is_first) add(sum->second, last);
    }
    std::vector<RouteSnapshot> out;
    out.reserve(sums.size());
    for (auto& [name, sum] : sums) out.push_back(std::move(sum));
    return out;
}

}  // namespace leat::route
