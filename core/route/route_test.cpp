#include "route/rig.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace leat;
using namespace leat::route;
using namespace leat::route::test;

TEST_CASE("all messages land in order and the ledger balances") {
    Rig rig(1000, 3);
    rig.start();
    REQUIRE(rig.wait_settled(1000));
    CHECK(rig.arrivals["main"].get() == numbered(1000, 3));
    const RouteSnapshot end = rig.drain();
    CHECK(end.ledger.landed == 1000);
    CHECK(end.ledger.balances());
    CHECK(end.state == RouteState::stopped);
    CHECK(end.latency.total > 0);
}

TEST_CASE("a sink's retry is tried again, in order within its lane, while other lanes flow") {
    Rig rig(200, 4);
    rig.scripts["main"] = refuse_first({"t1:21", "t2:42", "t2:46"}, 3, LEAT_RETRY);
    rig.start();
    REQUIRE(rig.wait_settled(200));
    const auto arrived = rig.arrivals["main"].get();
    CHECK(arrived.size() == 200);
    // What had left before the refusal was known may have landed; what came later waits for it.
    const auto at = [&](const char* what) {
        return std::find(arrived.begin(), arrived.end(), what) - arrived.begin();
    };
    CHECK(at("t2:42") < at("t2:198"));
    CHECK(rig.snapshot().retries >= 9);
    CHECK(rig.snapshot().ledger.landed == 200);
}

TEST_CASE("with one in flight a retried message lands before the next") {
    Rig rig(50);
    rig.plan.max_in_flight = 1;
    rig.scripts["main"] = refuse_first({"t0:7", "t0:8"}, 2, LEAT_RETRY);
    rig.start();
    REQUIRE(rig.wait_settled(50));
    CHECK(rig.arrivals["main"].get() == numbered(50));
}

TEST_CASE("a rejected message goes to the dead letter and is acknowledged after it landed there") {
    Rig rig(100);
    rig.plan.on_failure.has_dead_letter = true;
    rig.plan.on_failure.dead_letter = rig.sink_plan("dead");
    rig.scripts["main"] = refuse_first({"t0:3", "t0:50"}, 99, LEAT_REJECT);
    std::mutex mutex;
    std::map<std::string, std::string> headers;
    rig.scripts["dead"] = [&](const leat_message& m, const std::string&) {
        const std::lock_guard lock(mutex);
        for (uint32_t i = 0; i < m.header_count; ++i)
            headers[std::string(view(m.headers[i].name))] = view(m.headers[i].value);
        return Answer{};
    };
    rig.start();
    REQUIRE(rig.wait_settled(100));
    const RouteSnapshot end = rig.drain();
    CHECK(end.ledger.landed == 98);
    CHECK(end.ledger.dead_lettered == 2);
    CHECK(rig.arrivals["dead"].get() == std::vector<std::string>{"t0:3", "t0:50"});
    CHECK(headers["leat-route"] == "test");
    CHECK(headers["leat-step"] == "to");
    CHECK(headers["leat-reason"] == "as the script says");
    CHECK(headers["leat-attempts"] == "1");
    CHECK(headers["leat-topic"] == "t0");
    CHECK(headers.contains("leat-time"));
}

TEST_CASE(
    "after the last attempt a message goes to the dead letter; a dead letter that asks for a retry gets it again") {
    Rig rig(20);
    rig.plan.on_failure.policy.attempts = 3;
    rig.plan.on_failure.has_dead_letter = true;
    rig.plan.on_failure.dead_letter = rig.sink_plan("dead");
    rig.scripts["main"] = refuse_first({"t0:5"}, 99, LEAT_RETRY);
    rig.scripts["dead"] = refuse_first({"t0:5"}, 1, LEAT_RETRY);
    rig.start();
    REQUIRE(rig.wait_settled(20));
    CHECK(rig.snapshot().ledger.dead_lettered == 1);
    CHECK(rig.arrivals["dead"].get() == std::vector<std::string>{"t0:5"});
}

TEST_CASE("without a dead letter a reject stops the route with the reason and loses nothing") {
    Rig rig(100);
    rig.scripts["main"] = refuse_first({"t0:10"}, 99, LEAT_REJECT);
    rig.start();
    REQUIRE(
        rig.wait([](const RouteSnapshot& s) { return s.state == RouteState::failed && s.ledger.in_flight == 0; }));
    const RouteSnapshot end = rig.drain();
    CHECK(end.state == RouteState::failed);
    CHECK(end.why.find("as the script says") != std::string::npos);
    CHECK(end.ledger.returned >= 1);
    CHECK(end.ledger.balances());
}

TEST_CASE("then: discard acknowledges and counts; then: source hands the reject up") {
    for (const auto then : {FailurePolicy::Then::discard, FailurePolicy::Then::source}) {
        Rig rig(30);
        rig.plan.on_failure.policy.then = then;
        rig.scripts["main"] = refuse_first({"t0:4", "t0:5"}, 99, LEAT_REJECT);
        rig.start();
        REQUIRE(rig.wait_settled(30));
        const Ledger ledger = rig.drain().ledger;
        CHECK(ledger.landed == 28);
        CHECK(ledger.discarded == (then == FailurePolicy::Then::discard ? 2 : 0));
        CHECK(ledger.returned == (then == FailurePolicy::Then::source ? 2 : 0));
    }
}

TEST_CASE("a handler that refuses gets the message again, and its lane waits in order") {
    Rig rig(300, 3);
    std::map<std::string, int> refused;
    rig.add_stage([&](Message& m) {
        const std::string id(m.payload());
        if (std::stoi(id) % 50 == 7 && refused[id]++ < 2) {
            m.retry("not now");
        } else {
            m.set_header("seen", "yes");
        }
    });
    rig.start();
    REQUIRE(rig.wait_settled(300));
    const auto arrived = rig.arrivals["main"].get();
    CHECK(arrived.size() == 300);
    CHECK(in_order_by_topic(arrived));
    CHECK(rig.drain().ledger.landed == 300);
}

TEST_CASE("an exception in a handler is a reject with its words") {
    Rig rig(10);
    rig.plan.on_failure.has_dead_letter = true;
    rig.plan.on_failure.dead_letter = rig.sink_plan("dead");
    rig.add_stage([](Message& m) {
        if (m.payload() == "6") throw std::runtime_error("six is odd");
    });
    rig.start();
    REQUIRE(rig.wait_settled(10));
    CHECK(rig.arrivals["dead"].get() == std::vector<std::string>{"t0:6"});
    CHECK(rig.drain().ledger.landed == 9);
}

TEST_CASE("a dropped message is acknowledged and counted as filtered; emitted ones settle their parent once") {
    Rig rig(100);
    rig.add_stage([](Message& m) {
        const int n = std::stoi(std::string(m.payload()));
        if (n % 2) m.drop();
        if (n % 10 == 0) m.emit("copy", "k", m.payload());
    });
    rig.start();
    REQUIRE(rig.wait_settled(100));
    CHECK(rig.arrivals["main"].get().size() == 60);
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.filtered == 50);
    CHECK(ledger.landed == 50);
}

TEST_CASE("fan-out: every branch gets its copy, the worst outcome counts, a retry repeats one branch only") {
    Rig rig(50);
    rig.plan.branches.resize(2);
    rig.plan.branches[0].name = "to[0]";
    rig.plan.branches[1].name = "to[1]";
    rig.plan.branches[1].sink = rig.sink_plan("second");
    rig.scripts["second"] = refuse_first({"t0:11"}, 3, LEAT_RETRY);
    rig.start();
    REQUIRE(rig.wait_settled(50));
    CHECK(rig.arrivals["main"].get() == numbered(50));
    CHECK(rig.arrivals["second"].get().size() == 50);
    CHECK(rig.drain().ledger.landed == 50);
}

TEST_CASE("a drain that runs out of time abandons, and says how many") {
    Rig rig(10);
    rig.plan.drain_timeout = std::chrono::milliseconds(20);
    rig.scripts["main"] = [](const leat_message&, const std::string& shown) {
        return shown == "t0:4" ? Answer{Scripted::kNever} : Answer{};
    };
    rig.start();
    REQUIRE(rig.wait_settled(9));
    const RouteSnapshot end = rig.drain();
    CHECK(end.ledger.landed == 9);
    CHECK(end.ledger.returned == 1);
    CHECK(end.ledger.in_flight == 0);
}

TEST_CASE("a route whose sink cannot be made fails alone, with the reason") {
    Rig rig(10);
    rig.plan.branches[0].sink = rig.sink_plan("broken");
    rig.start();
    REQUIRE(rig.wait([](const RouteSnapshot& s) { return s.state == RouteState::failed; }));
    CHECK(rig.snapshot().why.find("it is broken") != std::string::npos);
}

TEST_CASE("on_arrival acknowledges early, and the ledger still counts what became of it") {
    Rig rig(100);
    rig.plan.ack = AckWhen::on_arrival;
    rig.plan.on_failure.policy.then = FailurePolicy::Then::discard;
    rig.scripts["main"] = refuse_first({"t0:1"}, 99, LEAT_REJECT);
    rig.start();
    REQUIRE(rig.wait_settled(100));
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.landed == 99);
    CHECK(ledger.discarded == 1);
    CHECK(ledger.balances());
}

TEST_CASE("without order a refused message holds nothing back") {
    Rig rig(100);
    rig.plan.ordered = false;
    rig.plan.max_in_flight = 1000;
    rig.plan.on_failure.policy.backoff = {std::chrono::milliseconds(200), std::chrono::milliseconds(200)};
    rig.scripts["main"] = refuse_first({"t0:0"}, 1, LEAT_RETRY);
    rig.start();
    REQUIRE(rig.wait_settled(100));
    const auto arrived = rig.arrivals["main"].get();
    CHECK(arrived.size() == 100);
    CHECK(arrived.back() == "t0:0");
}

TEST_CASE("a message refused while another of its lane is tried again waits for it") {
    Rig rig(40);
    rig.plan.max_in_flight = 2;
    std::map<std::string, int> tries;
    rig.scripts["main"] = [&](const leat_message&, const std::string& shown) {
        const int n = ++tries[shown];
        if (shown == "t0:10") return Answer{n < 4 ? LEAT_RETRY : LEAT_ACK};
        if (shown == "t0:11") return Answer{n < 2 ? LEAT_RETRY : LEAT_ACK};
        return Answer{};
    };
    rig.start();
    REQUIRE(rig.wait_settled(40));
    CHECK(rig.arrivals["main"].get() == numbered(40));
}

TEST_CASE("a stage that throws gives the message to its step's policy, and its lane waits behind it") {
    Rig rig(60, 2);
    rig.plan.on_failure.has_dead_letter = true;
    rig.plan.on_failure.dead_letter = rig.sink_plan("dead");
    rig.throws_at = "20";
    rig.add_stage([](Message&) {});
    rig.start();
    REQUIRE(rig.wait_settled(60));
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.landed == 59);
    CHECK(ledger.dead_lettered == 1);
    CHECK(rig.arrivals["dead"].get() == std::vector<std::string>{"t0:20"});
    CHECK(in_order_by_topic(rig.arrivals["main"].get()));
}

TEST_CASE("a sink that cannot start fails its route with the reason before anything is pushed into it") {
    Rig rig(10);
    rig.plan.branches[0].sink = rig.sink_plan("unable");
    rig.start();
    REQUIRE(rig.wait([](const RouteSnapshot& s) { return s.state == RouteState::failed; }));
    const RouteSnapshot end = rig.drain();
    CHECK(end.why.find("no such device") != std::string::npos);
    CHECK(end.ledger.landed == 0);
}

TEST_CASE("on_arrival does not acknowledge what it withheld when the route gives it up") {
    Rig rig(4);
    rig.plan.ack = AckWhen::on_arrival;
    rig.plan.max_in_flight = 4;
    rig.plan.drain_timeout = std::chrono::milliseconds(10);
    rig.scripts["main"] = [](const leat_message&, const std::string&) { return Answer{Scripted::kNever}; };
    rig.start();
    REQUIRE(rig.wait([](const RouteSnapshot& s) { return s.ledger.received == 4; }));
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.returned == 4);
    CHECK(ledger.balances());
}

TEST_CASE("a sink may land a message before push returns: its bytes are released once") {
    Rig rig(300);
    rig.plan.branches[0].sink = rig.sink_plan("at_once");
    rig.add_stage([](Message& m) {
        m.set_topic("t1");  // into a buffer of its own, of which nobody else has a reference
    });
    rig.start();
    REQUIRE(rig.wait_settled(300));
    rig.drain();
    CHECK(rig.arrivals["at_once"].get().size() == 300);
    CHECK(rig.live_buffers() == 0);
}
