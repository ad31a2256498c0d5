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

Board::Answers Board::ask() const {
    using Answer = std::promise<RouteSnapshot>;
    Answers answers;
    for (const Place& place : places_) {
        const auto answer = std::make_shared<Answer>();  // nobody may be there any more to take it
        answers.push_back(answer->get_future());
        place.shard->post([r = place.route, answer] { answer->set_value(r->snapshot()); });
    }
    return answers;
}

std::vector<RouteSnapshot> Board::look() {
    Answers answers = ask();
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    for (size_t i = 0; i < places_.size(); ++i) {
        RouteSnapshot& last = places_[i].last;
        if (answers[i].wait_until(deadline) == std::future_status::ready) {
            last = answers[i].get();
        } else {
            last.name = places_[i].route->name();
            last.why = "its shard does not answer: a plugin blocks it";
        }
    }
    return sums();
}

std::vector<RouteSnapshot> Board::look_finally() {
    Answers answers = ask();
    for (size_t i = 0; i < places_.size(); ++i) places_[i].last = answers[i].get();
    return sums();
}

std::vector<RouteSnapshot> Board::sums() const {
    std::map<std::string, RouteSnapshot> by_name;
    for (const Place& place : places_) {
        const auto [sum, is_first] = by_name.try_emplace(place.last.name, place.last);
        if (!is_first) add(sum->second, place.last);
    }
    std::vector<RouteSnapshot> out;
    out.reserve(by_name.size());
    for (auto& [name, sum] : by_name) out.push_back(std::move(sum));
    return out;
}

}  // namespace leat::route
