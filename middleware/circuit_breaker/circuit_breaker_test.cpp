#include "circuit_breaker.hpp"

#include <functional>

#include "support/stage_model.hpp"

using namespace leat::circuit_breaker;
using namespace leat::test;
using namespace std::chrono_literals;

namespace {

std::vector<Plain> messages(uint32_t count, uint32_t from = 0) {
    std::vector<Plain> all;
    for (uint32_t i = from; i < from + count; ++i) {
        all.push_back({.payload = std::to_string(i), .headers = {{"n", std::to_string(i)}}, .lane = i % 3});
    }
    return all;
}
CircuitBreaker& make(
    StageRig& rig, const std::function<void(CircuitBreaker&)>& configure = [](CircuitBreaker&) {}) {
    return rig.make<CircuitBreaker>([&](CircuitBreaker& stage, StageRig&) {
        stage.failures = 3;
        stage.open_for = 10s;
        configure(stage);
    });
}
// Pushes n messages and answers each at once.
void feed(StageRig& rig, uint32_t outcome, uint32_t n, uint32_t code = LEAT_NONE) {
    for (uint32_t i = 0; i < n; ++i) {
        rig.push(messages(1));
        rig.below.settle(rig.below.messages.size() - 1, outcome, code);
    }
}

}  // namespace

TEST_CASE("as long as it is closed, messages and outcomes pass, whatever the batches") {
    StageModel<CircuitBreaker>([](CircuitBreaker& stage, StageRig&) {
        stage.failures = 1'000'000;
    }).check([](const Plain& m) { return passed(m); }, messages(800));
}

TEST_CASE("so many failures in a row open it; a success between them does not count it up") {
    StageRig rig;
    make(rig);
    feed(rig, LEAT_REJECT, 2);
    feed(rig, LEAT_ACK, 1);
    feed(rig, LEAT_REJECT, 2);
    rig.push(messages(1));
    CHECK(rig.below.messages.size() == 6);
    rig.below.settle(5, LEAT_ACK, LEAT_DEAD_LETTERED);  // given up below: a failure
    CHECK(rig.me.counters.at("open") == 1);
    CHECK(rig.me.counters.at("opened") == 1);
    rig.push(messages(10));
    rig.signal(LEAT_SIGNAL_FLUSH);
    CHECK(rig.below.messages.size() == 6);
    CHECK(rig.me.counters.at("waiting") == 10);
}

TEST_CASE("after open_for one message tries; when it succeeds, what waits goes on in order") {
    StageRig rig;
    make(rig);
    feed(rig, LEAT_RETRY, 3);
    rig.push(messages(600 / 3));
    rig.push(messages(600 / 3, 200));
    rig.push(messages(600 / 3, 400));
    rig.host.advance(9999ms);
    CHECK(rig.below.messages.size() == 3);
    rig.host.advance(1ms);
    REQUIRE(rig.below.messages.size() == 4);
    rig.host.advance(100s);
    CHECK(rig.below.messages.size() == 4);
    rig.below.settle(3, LEAT_ACK);
    rig.push(messages(1, 600));  // must not overtake what waits
    rig.host.run();
    REQUIRE(rig.below.messages.size() == 604);
    for (size_t i = 0; i <= 600; ++i) CHECK(rig.below.payloads[i + 3] == std::to_string(i));
    CHECK(rig.me.counters.at("open") == 0);
    CHECK(rig.me.counters.at("waiting") == 0);
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("a trial that fails opens it again; all of several must succeed") {
    StageRig rig;
    make(rig, [](CircuitBreaker& stage) { stage.trials = 2; });
    feed(rig, LEAT_REJECT, 3);
    rig.push(messages(10));
    rig.host.advance(10s);
    REQUIRE(rig.below.messages.size() == 5);
    rig.below.settle(3, LEAT_ACK);
    rig.below.settle(4, LEAT_REJECT);
    rig.host.advance(9s);
    CHECK(rig.below.messages.size() == 5);
    rig.host.advance(1s);
    REQUIRE(rig.below.messages.size() == 7);
    rig.below.settle(5, LEAT_ACK);
    rig.host.run();
    CHECK(rig.below.messages.size() == 7);
    rig.below.settle(6, LEAT_ACK);
    rig.host.run();
    CHECK(rig.below.messages.size() == 13);
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("an abandoned trial says nothing: another one tries") {
    StageRig rig;
    make(rig);
    feed(rig, LEAT_REJECT, 3);
    rig.push(messages(3));
    rig.host.advance(10s);
    rig.below.settle(3, LEAT_ABANDON);
    rig.host.run();
    REQUIRE(rig.below.messages.size() == 5);
    rig.below.settle(4, LEAT_ACK);
    rig.host.run();
    CHECK(rig.below.messages.size() == 6);
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("outcomes of messages sent before it opened do not count any more, but are told") {
    StageRig rig;
    make(rig);
    rig.push(messages(10));
    for (size_t i = 0; i < 6; ++i) rig.below.settle(i, LEAT_REJECT);
    CHECK(rig.me.counters.at("opened") == 1);
    rig.push(messages(1, 10));
    rig.host.advance(10s);
    REQUIRE(rig.below.messages.size() == 11);
    rig.below.settle(6, LEAT_REJECT);  // of before; the trial is yet to come
    CHECK(rig.me.counters.at("opened") == 1);
    rig.below.settle(10, LEAT_ACK);
    CHECK(rig.me.counters.at("open") == 0);
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.all.size() == 11);
}

TEST_CASE("failure_rate: so many of the last ones") {
    StageRig rig;
    make(rig, [](CircuitBreaker& stage) { stage.failures = 0, stage.failure_rate = 0.5, stage.window = 10; });
    for (int i = 0; i < 20; ++i) feed(rig, LEAT_ACK, 2), feed(rig, LEAT_REJECT, 1);
    CHECK(rig.me.counters["opened"] == 0);
    feed(rig, LEAT_REJECT, 1);
    CHECK(rig.me.counters["opened"] == 0);
    feed(rig, LEAT_REJECT, 1);
    CHECK(rig.me.counters["opened"] == 1);
}

TEST_CASE("slow: messages without outcome count as failed, once") {
    StageRig rig;
    make(rig, [](CircuitBreaker& stage) { stage.slow = 1s; });
    rig.push(messages(3));
    rig.host.advance(999ms);
    CHECK(rig.me.counters["opened"] == 0);
    rig.host.advance(1ms);
    CHECK(rig.me.counters["opened"] == 1);
    rig.push(messages(2, 3));
    rig.host.advance(10s);
    REQUIRE(rig.below.messages.size() == 4);
    rig.host.advance(1s);  // the trial has no outcome either
    CHECK(rig.me.counters["opened"] == 2);
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.count(LEAT_ACK) == 4);
    rig.host.advance(10s);
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.count(LEAT_ACK) == 5);
}

TEST_CASE("while_open: refuse tells retry, and when to come again") {
    StageRig rig;
    make(rig, [](CircuitBreaker& stage) { stage.while_open = WhileOpen::refuse; });
    feed(rig, LEAT_REJECT, 3);
    rig.host.advance(4s);
    rig.push(messages(2));
    CHECK(rig.told.count(LEAT_RETRY) == 2);
    CHECK(rig.told.all.back().reason == "nothing passes for now: 3 failures in a row");
    rig.host.advance(6s);
    rig.push(messages(2));
    CHECK(rig.told.count(LEAT_RETRY) == 3);
    CHECK(rig.below.messages.size() == 4);
    rig.below.settle_all(LEAT_ACK);
    feed(rig, LEAT_ACK, 5);
    CHECK(rig.told.count(LEAT_ACK) == 6);
}

TEST_CASE("an abandoned lane is given up; stop gives up the rest and waits for what is below") {
    StageRig rig;
    CircuitBreaker& stage = make(rig);
    rig.push(messages(1));
    feed(rig, LEAT_REJECT, 3);
    rig.push(messages(30));
    rig.signal(LEAT_SIGNAL_ABANDON_LANE, 1);
    CHECK(rig.told.count(LEAT_ABANDON) == 10);
    stage.c()->stop(stage.c());
    rig.host.run();
    CHECK(rig.told.count(LEAT_ABANDON) == 30);
    CHECK_FALSE(rig.me.stopped);
    rig.below.settle_all(LEAT_ABANDON);
    rig.host.run();
    CHECK(rig.me.stopped);
    CHECK(rig.host.live_buffers == 0);
}

TEST_CASE("some limit must be given") {
    StageRig rig;
    CHECK_THROWS_AS(make(rig, [](CircuitBreaker& stage) { stage.failures = 0; }), std::invalid_argument);
}
