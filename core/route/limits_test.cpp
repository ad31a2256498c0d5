// Limits of a failure policy: attempts, age, time without an outcome; above sinks and above handlers.
#include "route/rig.hpp"

#include <doctest/doctest.h>

#include <atomic>

using namespace leat;
using namespace leat::route;
using namespace leat::route::test;
using namespace std::chrono_literals;

namespace {

// A route whose refused messages end in a dead letter.
void add_dead_letter(Rig& rig) {
    rig.plan.on_failure.has_dead_letter = true;
    rig.plan.on_failure.dead_letter = rig.sink_plan("dead");
}

std::string reason_of(const leat_message& m) {
    const auto reason = find_header(m, "leat-reason");
    return reason ? std::string(view(*reason)) : "";
}

}  // namespace

TEST_CASE("a message older than max_age is not tried again, at a sink and at a handler; without it, it is") {
    for (const bool at_sink : {true, false}) {
        for (const auto max_age : {1000ms, 0ms}) {
            Rig rig(20);
            rig.plan.on_failure.policy.max_age = max_age;
            rig.plan.on_failure.policy.attempts = max_age.count() ? 0 : 40;
            add_dead_letter(rig);
            std::mutex mutex;
            std::string reason;
            int attempts = 0;
            rig.scripts["dead"] = [&](const leat_message& m, const std::string&) {
                const std::lock_guard lock(mutex);
                reason = reason_of(m);
                attempts = std::stoi(std::string(view(*find_header(m, "leat-attempts"))));
                return Answer{};
            };
            if (at_sink) {
                rig.scripts["main"] = refuse_first({"t0:5"}, 100'000, LEAT_RETRY);
            } else {
                rig.add_stage([](Message& m) {
                    if (m.payload() == "5") m.retry("busy");
                });
            }
            rig.start();
            REQUIRE(rig.wait_settled(20));
            CHECK(rig.drain().ledger.dead_lettered == 1);
            CHECK(rig.arrivals["dead"].get() == std::vector<std::string>{"t0:5"});
            if (max_age.count()) {
                CHECK(attempts >= 2);
                CHECK(reason.find("older than max_age") != std::string::npos);
            } else {
                CHECK(attempts == 40);
            }
        }
    }
}

TEST_CASE("a message that was old when it failed is not tried again at all") {
    Rig rig(10);
    rig.plan.on_failure.policy.max_age = 1h;
    add_dead_letter(rig);
    rig.add_stage([](Message& m) { m.set_timestamp(1s); });  // of 1970
    rig.scripts["main"] = refuse_first({"t0:5"}, 99, LEAT_RETRY);
    rig.start();
    REQUIRE(rig.wait_settled(10));
    CHECK(rig.drain().ledger.dead_lettered == 1);
}

TEST_CASE("no outcome in time counts as a retry, and the late outcome is stale") {
    Rig rig(40, 2);
    rig.plan.on_failure.policy.timeout = 300ms;
    std::atomic<int> seen{0};
    rig.scripts["main"] = [&](const leat_message&, const std::string& shown) {
        if (shown == "t0:10" && ++seen <= 2) return Answer{Scripted::kNever};  // answered when the sink stops
        return Answer{};
    };
    rig.start();
    REQUIRE(rig.wait_settled(40));
    CHECK(seen == 3);
    CHECK(rig.snapshot().retries == 2);
    const RouteSnapshot end = rig.drain();
    CHECK(end.ledger.landed == 40);
    CHECK(end.ledger.balances());
    CHECK(end.stale == 2);
}

TEST_CASE("a time-out is an attempt: after the last one the message goes to the dead letter") {
    Rig rig(10);
    rig.plan.on_failure.policy.timeout = 200ms;
    rig.plan.on_failure.policy.attempts = 2;
    add_dead_letter(rig);
    rig.scripts["main"] = [](const leat_message&, const std::string& shown) {
        return shown == "t0:4" ? Answer{Scripted::kNever} : Answer{};
    };
    std::mutex mutex;
    std::string reason;
    rig.scripts["dead"] = [&](const leat_message& m, const std::string&) {
        const std::lock_guard lock(mutex);
        reason = reason_of(m);
        return Answer{};
    };
    rig.start();
    REQUIRE(rig.wait_settled(10));
    CHECK(rig.drain().ledger.dead_lettered == 1);
    CHECK(reason.find("timeout") != std::string::npos);
}

TEST_CASE("attempts are counted also where a handler had no room and gave the message back later") {
    Rig rig(60, 2);
    rig.plan.on_failure.policy.attempts = 3;
    add_dead_letter(rig);
    std::mutex mutex;
    std::map<std::string, int> handled;
    rig.add_stage([&](Message& m) {
        const std::lock_guard lock(mutex);
        const std::string id(m.payload());
        ++handled[id];
        if (id == "30" || id == "31") return m.retry("never");
        for (int i = 0; i < 900; ++i) m.emit(m.topic(), "", m.payload());
    });
    rig.start();
    REQUIRE(rig.wait_settled(60));
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.dead_lettered == 2);
    CHECK(ledger.landed == 58);
    CHECK(handled["30"] == 3);
    CHECK(handled["31"] == 3);
    CHECK(in_order_by_topic(rig.arrivals["main"].get()));
    CHECK(rig.arrivals["main"].get().size() == 58 * 901);
}
