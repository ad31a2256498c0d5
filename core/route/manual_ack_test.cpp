// "ack": "manual": a handler settles; credit, drain and ledger stay right.
#include "route/rig.hpp"

#include <doctest/doctest.h>

#include <atomic>

using namespace leat;
using namespace leat::route;
using namespace leat::route::test;

namespace {

void acknowledge(Message& m) { m.acknowledge(); }

// Keeps every receipt; at the message "9" it settles the first five.
class Keeper final : public Handler {
  public:
    void handle(Message& m) override {
        kept_.push_back(m.take_receipt());
        if (m.payload() != "9") return;
        for (size_t i = 0; i < 4; ++i) kept_[i].ack();
        kept_[4].reject("as the handler says");
    }

  private:
    std::vector<Receipt> kept_;
};

}  // namespace

TEST_CASE("a handler acknowledges at once, and what fails below goes to the policy all the same") {
    Rig rig(200, 2);
    rig.plan.ack = AckWhen::manual;
    rig.plan.on_failure.policy.attempts = 3;
    rig.plan.on_failure.has_dead_letter = true;
    rig.plan.on_failure.dead_letter = rig.sink_plan("dead");
    rig.add_stage(acknowledge, LEAT_STAGE_SETTLES);
    rig.scripts["main"] = refuse_first({"t0:40"}, 2, LEAT_RETRY);
    rig.scripts["main"] = [refuse = refuse_first({"t0:40"}, 2, LEAT_RETRY),
                           reject = refuse_first({"t1:51"}, 1, LEAT_REJECT)](const leat_message& m,
                                                                             const std::string& shown) {
        const Answer first = reject(m, shown);
        return first.outcome == LEAT_ACK ? refuse(m, shown) : first;
    };
    rig.start();
    REQUIRE(rig.wait_settled(200));
    const RouteSnapshot end = rig.drain();  // waits for what is below
    CHECK(rig.arrivals["main"].get().size() == 199);
    CHECK(rig.arrivals["dead"].get() == std::vector<std::string>{"t1:51"});
    CHECK(end.ledger.landed == 200);
    CHECK(end.ledger.balances());
    CHECK(end.retries >= 2);
}

TEST_CASE("what is unfinished below a handler that acknowledges at once is bounded by the source's credit") {
    Rig rig(1000);
    rig.plan.ack = AckWhen::manual;
    rig.plan.max_in_flight = 16;
    rig.plan.drain_timeout = std::chrono::milliseconds(10);
    rig.add_stage(acknowledge, LEAT_STAGE_SETTLES);
    std::atomic<int> below{0};
    rig.scripts["main"] = [&](const leat_message&, const std::string&) {
        ++below;
        return Answer{Scripted::kNever};
    };
    rig.start();
    REQUIRE(rig.wait([&](const RouteSnapshot& s) { return s.ledger.in_flight == 16 && below == 32; }));
    const RouteSnapshot end = rig.drain();
    CHECK(below == 32);  // 16 acknowledged, 16 whose acknowledgement was withheld
    CHECK(end.ledger.landed == 16);
    CHECK(end.ledger.returned == 16);  // never acknowledged: they come again
    CHECK(end.ledger.balances());
}

TEST_CASE("withheld acknowledgements are given as messages end below") {
    Rig rig(500, 2);
    rig.plan.ack = AckWhen::manual;
    rig.plan.max_in_flight = 2;
    rig.add_stage(acknowledge, LEAT_STAGE_SETTLES);
    rig.start();
    REQUIRE(rig.wait_settled(500));
    const RouteSnapshot end = rig.drain();
    CHECK(end.ledger.landed == 500);
    CHECK(rig.arrivals["main"].get() == numbered(500, 2));
}

TEST_CASE("a receipt kept by the handler keeps its message in flight until it is settled") {
    Rig rig(10);
    rig.plan.ack = AckWhen::manual;
    rig.add_stage_of<Keeper>(LEAT_STAGE_SETTLES);
    rig.plan.drain_timeout = std::chrono::milliseconds(10);
    rig.start();
    REQUIRE(rig.wait([](const RouteSnapshot& s) { return s.ledger.in_flight == 5 && s.ledger.received == 10; }));
    CHECK(rig.arrivals["main"].get() == numbered(10));
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.landed == 4);
    CHECK(ledger.returned == 6);  // one rejected, five given up at the stop
    CHECK(ledger.balances());
}

TEST_CASE("a message whose receipt the handler leaves alone is acknowledged when it has landed") {
    Rig rig(100);
    rig.plan.ack = AckWhen::manual;
    rig.plan.on_failure.policy.then = FailurePolicy::Then::discard;
    rig.add_stage(
        [](Message& m) {
            if (std::stoi(std::string(m.payload())) % 2) m.acknowledge();
        },
        LEAT_STAGE_SETTLES);
    rig.scripts["main"] = refuse_first({"t0:10", "t0:11"}, 9, LEAT_REJECT);
    rig.start();
    REQUIRE(rig.wait_settled(100));
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.discarded == 1);  // 10; what became of 11 was no longer told
    CHECK(ledger.landed == 99);
}
