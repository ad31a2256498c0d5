// Handlers that settle receipts by hand ("ack": "manual").
#include "handler_rig.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>

using namespace std::chrono_literals;
using namespace leat::test;

TEST_CASE("a handler that settles by hand: what it passes on no longer tells the source") {
    std::vector<leat::Receipt> kept;
    HandlerRig f(
        [&](leat::Message& m) {
            if (m.payload() == "at once") m.acknowledge();
            if (m.payload() == "later") kept.push_back(m.take_receipt());
            if (m.payload() == "dropped") {
                kept.push_back(m.take_receipt());
                m.drop();
            }
        },
        LEAT_IDENTITY_MANUAL);
    f.push({"at once", "later", "as ever", "dropped"});
    REQUIRE(f.told.all.size() == 1);
    CHECK(f.told.all[0].token == 0);
    CHECK(f.told.all[0].outcome == LEAT_ACK);
    REQUIRE(f.below.messages.size() == 3);
    f.below.settle_all(LEAT_REJECT);
    REQUIRE(f.told.all.size() == 2);
    CHECK(f.told.all[1].token == 2);  // its receipt was left alone: as on any route
    kept[0].retry("not today", 3s);
    CHECK(f.told.all[2].outcome == LEAT_RETRY);
    CHECK(f.told.all[2].reason == "not today");
    CHECK_THROWS_AS(kept[0].ack(), std::logic_error);
    kept[1].reject("no");
    CHECK(f.told.all[3].token == 3);
    CHECK(f.told.all[3].outcome == LEAT_REJECT);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a receipt let go in hand goes back to its message, later it is a retry, at a stop abandoned") {
    std::optional<leat::Receipt> kept;
    HandlerRig f(
        [&](leat::Message& m) {
            if (m.payload() == "keep") {
                kept = m.take_receipt();
                return;
            }
            const leat::Receipt mine = m.take_receipt();
            if (m.payload() == "throw") throw std::runtime_error("oh");
        },
        LEAT_IDENTITY_MANUAL);
    f.push({"forgotten", "throw", "keep"});
    CHECK(f.told.all.empty());
    REQUIRE(f.me.failures.size() == 1);
    CHECK(f.me.failures[0].message.receipt.settler == &f.told);  // as it was received
    f.me.settle(0, LEAT_ABANDON);
    f.below.settle(0, LEAT_ACK);
    CHECK(f.told.count(LEAT_ACK) == 1);
    kept.reset();
    CHECK(f.told.count(LEAT_RETRY) == 1);
    f.push({"keep"});
    f.handler.c()->stop(f.handler.c());
    CHECK(f.told.count(LEAT_ABANDON) == 2);
    CHECK_FALSE(f.me.stopped);  // what it passed on is still under way
    f.below.settle_all(LEAT_ACK);
    f.host.advance(2ms);
    CHECK(f.me.stopped);
    kept->ack();  // too late: nothing
    CHECK(f.told.all.size() == 4);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a receipt can be taken only where the route says manual") {
    HandlerRig f([](leat::Message& m) { m.acknowledge(); });
    f.push({"a"});
    CHECK(f.told.all.empty());
    REQUIRE(f.me.failures.size() == 1);
    CHECK(f.me.failures[0].reason.find("manual") != std::string::npos);
    f.me.settle(0, LEAT_REJECT);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a refused message whose receipt was taken goes to its policy with a receipt of the handler's own") {
    HandlerRig f(
        [](leat::Message& m) {
            m.acknowledge();
            m.emit("t", "k", "child");
            if (m.payload() == "bad") m.reject("bad");
        },
        LEAT_IDENTITY_MANUAL);
    f.push({"bad", "good"});
    CHECK(f.told.count(LEAT_ACK) == 2);
    REQUIRE(f.me.failures.size() == 1);
    CHECK(f.me.failures[0].message.receipt.settler != &f.told);
    f.me.settle(0, LEAT_ACK, LEAT_DEAD_LETTERED);
    CHECK(f.below.payloads == std::vector<std::string>{"good", "child"});
    f.below.settle_all(LEAT_REJECT);
    CHECK(f.told.all.size() == 2);
    CHECK(f.host.live_buffers == 0);
}
