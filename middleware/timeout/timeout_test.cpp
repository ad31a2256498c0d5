#include "timeout.hpp"

#include "support/stage_model.hpp"

using namespace leat::timeout;
using namespace leat::test;
using namespace std::chrono_literals;

namespace {

std::vector<Plain> messages(uint32_t count) {
    std::vector<Plain> all;
    for (uint32_t i = 0; i < count; ++i) {
        all.push_back({.payload = std::to_string(i), .headers = {{"n", std::to_string(i)}}, .lane = i % 3});
    }
    return all;
}
Timeout& make(StageRig& rig, Then then = Then::retry, uint32_t max_late = 1000) {
    return rig.make<Timeout>([=](Timeout& stage, StageRig&) {
        stage.after = 2s;
        stage.then = then;
        stage.max_late = max_late;
    });
}

}  // namespace

TEST_CASE("outcomes in time pass, whatever the batches") {
    StageModel<Timeout>([](Timeout& stage, StageRig&) {
        stage.after = std::chrono::hours(24);
    }).check([](const Plain& m) { return passed(m); }, messages(800));
}

TEST_CASE("code and reason of an outcome pass, too") {
    StageRig rig;
    make(rig);
    rig.push(messages(1));
    const leat_detail detail{sizeof detail, 0, leat::bytes("full"), 5};
    rig.below.settle(0, LEAT_REJECT, LEAT_NONE, &detail);
    CHECK(rig.told.all[0].reason == "full");
}

TEST_CASE("a message without outcome is told as retry, once; what comes later is counted and ignored") {
    StageRig rig;
    make(rig);
    rig.push(messages(2));
    rig.host.advance(1s);
    rig.push(messages(1), 2);
    rig.below.settle(0, LEAT_ACK);
    rig.host.advance(999ms);
    CHECK(rig.told.all.size() == 1);
    rig.host.advance(1ms);
    REQUIRE(rig.told.all.size() == 2);
    CHECK(rig.told.all[1].token == 1);
    CHECK(rig.told.all[1].outcome == LEAT_RETRY);
    CHECK(rig.told.all[1].reason == "no outcome within 2s");
    CHECK(rig.me.counters.at("timed_out") == 1);
    rig.below.settle(1, LEAT_ACK);
    CHECK(rig.told.all.size() == 2);
    CHECK(rig.me.counters.at("late") == 1);
    rig.host.advance(1s);
    CHECK(rig.told.all.size() == 3);
    CHECK(rig.told.all[2].token == 2);
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.all.size() == 3);
}

TEST_CASE("then: reject gives it up") {
    StageRig rig;
    make(rig, Then::reject);
    rig.push(messages(3));
    rig.host.advance(2s);
    CHECK(rig.told.count(LEAT_REJECT) == 3);
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.all.size() == 3);
}

TEST_CASE("copies that are still under way below are bounded") {
    StageRig rig;
    make(rig, Then::retry, 10);
    rig.push(messages(30));
    rig.host.advance(2s);
    CHECK(rig.told.count(LEAT_RETRY) == 10);
    rig.host.advance(60s);
    CHECK(rig.told.count(LEAT_RETRY) == 10);
    for (size_t i = 0; i < 4; ++i) rig.below.settle(i, LEAT_ACK);  // late
    rig.host.advance(1s);
    CHECK(rig.told.count(LEAT_RETRY) == 14);
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.count(LEAT_RETRY) == 14);
    CHECK(rig.told.count(LEAT_ACK) == 16);
}

TEST_CASE("at stop nothing is given up by time; it answers when all has come back, late or not") {
    StageRig rig;
    Timeout& stage = make(rig);
    rig.push(messages(2));
    rig.host.advance(2s);
    rig.push(messages(1), 2);
    stage.c()->stop(stage.c());
    rig.push(messages(1), 3);
    CHECK(rig.told.count(LEAT_ABANDON) == 1);
    rig.host.advance(60s);
    CHECK_FALSE(rig.me.stopped);
    rig.below.settle_all(LEAT_ABANDON);
    CHECK(rig.told.count(LEAT_ABANDON) == 2);
    CHECK(rig.told.all.size() == 4);
    rig.host.run();
    CHECK(rig.me.stopped);
    CHECK(rig.host.live_buffers == 0);
}

TEST_CASE("signals pass") {
    StageRig rig;
    make(rig);
    rig.signal(LEAT_SIGNAL_FLUSH);
    rig.signal(LEAT_SIGNAL_ABANDON_LANE, 1);
    CHECK(rig.below.signals == std::vector<uint32_t>{LEAT_SIGNAL_FLUSH, LEAT_SIGNAL_ABANDON_LANE});
}
