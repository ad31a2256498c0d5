// Branches with "best_effort": queued is enough, and one whose sink is away stalls nobody.
#include "route/rig.hpp"

#include <doctest/doctest.h>

using namespace leat;
using namespace leat::route;
using namespace leat::route::test;

namespace {

uint64_t counter(const RouteSnapshot& s, std::string_view name) {
    for (const auto& c : s.counters) {
        if (c.name == name) return c.value;
    }
    return UINT64_MAX;
}

Answer never(const leat_message&, const std::string&) { return {Scripted::kNever}; }

}  // namespace

TEST_CASE("a dead best-effort branch does not stall the others; waited for, it does") {
    for (const uint64_t queue : {uint64_t{20}, uint64_t{0}}) {
        Rig rig(300);
        rig.add_branch("dead").best_effort = queue;
        rig.plan.drain_timeout = std::chrono::milliseconds(20);
        rig.scripts["dead"] = never;
        rig.start();
        if (queue == 0) {
            REQUIRE(rig.wait([&](const RouteSnapshot& s) { return s.ledger.received == rig.plan.max_in_flight; }));
            CHECK(rig.snapshot().ledger.landed == 0);
            continue;
        }
        REQUIRE(rig.wait_settled(300));
        CHECK(rig.arrivals["main"].get() == numbered(300));
        CHECK(counter(rig.snapshot(), "dropped") == 300 - queue);
        CHECK(rig.snapshot().waiting >= queue);
        const RouteSnapshot end = rig.drain();
        CHECK(end.ledger.landed == queue);           // as far as their source is concerned
        CHECK(end.ledger.discarded == 300 - queue);  // dropped by one branch, and shown
        CHECK(end.ledger.balances());
        CHECK(counter(end, "dropped") + counter(end, "not_landed") == 300);
    }
}

TEST_CASE("a best-effort branch that keeps up gets everything, in order, and a drain waits for it") {
    Rig rig(1000, 3);
    rig.add_branch("slow").best_effort = 5000;
    rig.scripts["slow"] = refuse_first({"t0:300", "t1:301"}, 2, LEAT_RETRY);
    rig.start();
    REQUIRE(rig.wait_settled(1000));
    const RouteSnapshot end = rig.drain();
    CHECK(rig.arrivals["slow"].get().size() == 1000);
    CHECK(end.ledger.landed == 1000);
    CHECK(counter(end, "dropped") == 0);
    CHECK(counter(end, "not_landed") == 0);
}

TEST_CASE("a full best-effort queue drops the newest, or where asked the oldest that waits") {
    for (const bool oldest : {false, true}) {
        Rig rig(100);
        rig.add_branch("second").best_effort = 10;
        rig.plan.branches[1].drops_oldest = oldest;
        std::atomic<bool> open{false};
        std::mutex mutex;
        std::vector<std::string> seen;
        rig.scripts["second"] = [&](const leat_message&, const std::string& shown) {
            const std::lock_guard lock(mutex);
            seen.push_back(shown);
            return open ? Answer{} : Answer{LEAT_RETRY};
        };
        rig.plan.on_failure.policy.backoff = {std::chrono::milliseconds(20), std::chrono::milliseconds(20)};
        rig.start();
        REQUIRE(rig.wait_settled(100));
        open = true;
        const RouteSnapshot end = rig.drain();
        const auto arrived = rig.arrivals["second"].get();
        REQUIRE(arrived.size() == 10);
        CHECK(counter(end, "dropped") == 90);
        CHECK(in_order_by_topic(arrived));
        CHECK(arrived.front() == "t0:0");
        CHECK(arrived.back() == (oldest ? "t0:99" : "t0:9"));
        CHECK(end.ledger.landed == (oldest ? 100 : 10));  // the oldest were acknowledged before they were dropped
        CHECK(end.ledger.balances());
    }
}

TEST_CASE("a message that a best-effort branch rejects does not stop the route") {
    Rig rig(100);
    BranchPlan& branch = rig.add_branch("second");
    branch.best_effort = 200;
    branch.has_own_failure = true;
    branch.on_failure = rig.plan.on_failure;
    branch.on_failure.policy.then = FailurePolicy::Then::discard;
    rig.scripts["second"] = refuse_first({"t0:3"}, 99, LEAT_REJECT);
    rig.start();
    REQUIRE(rig.wait_settled(100));
    const RouteSnapshot end = rig.drain();
    CHECK(end.state == RouteState::stopped);
    CHECK(end.ledger.landed == 100);
    CHECK(counter(end, "not_landed") == 1);
    CHECK(rig.arrivals["second"].get().size() == 99);
}

TEST_CASE("a best-effort branch is not held up by what collects below until nothing more comes") {
    Rig rig(600);
    rig.plan.max_in_flight = 5000;  // so that the source never says that it waits
    rig.add_branch("collects").best_effort = 1000;
    rig.start();
    // 256 at a time are below; what collects keeps the last 88.
    REQUIRE(rig.wait([&](const RouteSnapshot&) { return rig.arrivals["collects"].get().size() >= 512; }));
    CHECK(counter(rig.drain(), "dropped") == 0);
    CHECK(rig.arrivals["collects"].get() == numbered(600));
}
