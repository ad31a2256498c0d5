#include "fault.hpp"

#include <functional>
#include <map>

#include "support/stage_model.hpp"

using namespace leat::fault;
using namespace leat::test;
using namespace std::chrono_literals;

namespace {

std::vector<Plain> messages(uint32_t count, uint32_t from = 0) {
    std::vector<Plain> all;
    for (uint32_t i = from; i < from + count; ++i) all.push_back({.payload = std::to_string(i), .lane = i % 3});
    return all;
}
Fault& make(StageRig& rig, const std::function<void(Fault&)>& configure) {
    return rig.make<Fault>([&](Fault& stage, StageRig&) { configure(stage); });
}
void push(StageRig& rig, uint32_t count) {
    for (uint32_t at = 0; at < count; at += 200) rig.push(messages(200, at), at);
}

}  // namespace

TEST_CASE("without a part nothing happens; with all of them it happens to all") {
    StageModel<Fault>([](Fault&, StageRig&) {}).check([](const Plain& m) { return passed(m); }, messages(500));
    StageModel<Fault>([](Fault& stage, StageRig&) {
        stage.reject = 1;
    }).check([](const Plain&) { return rejected("injected"); }, messages(100));
    StageModel<Fault>([](Fault& stage, StageRig&) {
        stage.drop = 1;
    }).check([](const Plain&) { return dropped(); }, messages(500));
    StageModel<Fault>([](Fault& stage, StageRig&) {
        stage.delay = 0.5;
    }).check([](const Plain& m) { return passed(m); }, messages(500));
}

TEST_CASE("each kind comes about as often as it is asked for, and each message has one outcome") {
    StageRig rig;
    rig.below.answers_at_once = true;
    make(rig, [](Fault& stage) { stage.reject = 0.1, stage.retry = 0.2, stage.drop = 0.3, stage.delay = 0.1; });
    for (uint32_t at = 0; at < 10'000; at += 200) {
        auto batch = messages(200, at);
        for (uint32_t i = 0; i < 200; ++i) batch[i].lane = at + i;  // none waits for another
        rig.push(batch, at);
    }
    size_t rejects = 0, retries = 0;  // with deviations below 50
    for (const auto& failure : rig.me.failures) (failure.outcome == LEAT_REJECT ? rejects : retries)++;
    CHECK(rejects > 800);
    CHECK(rejects < 1'200);
    CHECK(retries > 1'700);
    CHECK(retries < 2'300);
    CHECK(rig.told.count(LEAT_ACK, LEAT_DROPPED) > 2'700);
    CHECK(rig.told.count(LEAT_ACK, LEAT_DROPPED) < 3'300);
    CHECK(rig.me.counters.at("waiting") > 800);
    CHECK(rig.me.counters.at("waiting") < 1'200);
    rig.host.advance(100ms);
    CHECK(rig.me.counters.at("waiting") == 0);
    CHECK(rejects + retries + rig.told.all.size() == 10'000);
    for (size_t i = 0; i < rig.me.failures.size(); ++i) rig.me.settle(i, LEAT_REJECT);
}

TEST_CASE("the same seed gives the same failures") {
    const auto refused = [](uint64_t seed) {
        StageRig rig;
        rig.below.answers_at_once = true;
        make(rig, [seed](Fault& stage) { stage.reject = 0.1, stage.seed = seed; });
        push(rig, 1000);
        std::vector<uint64_t> tokens;
        for (size_t i = 0; i < rig.me.failures.size(); ++i) {
            tokens.push_back(rig.me.failures[i].message.receipt.token);
            rig.me.settle(i, LEAT_REJECT);
        }
        return tokens;
    };
    CHECK(refused(7) == refused(7));
    CHECK(refused(7) != refused(8));
}

TEST_CASE("on an ordered route a delayed message's lane waits for it") {
    StageRig rig(LEAT_IDENTITY_ORDERED);
    make(rig, [](Fault& stage) { stage.delay = 0.05; });
    push(rig, 2000);
    rig.host.advance(1s);
    REQUIRE(rig.below.payloads.size() == 2000);
    std::map<uint32_t, uint64_t> last;
    for (const Plain& m : rig.out()) {
        const uint64_t n = std::stoull(*m.payload) + 1;
        CHECK(n > last[m.lane]);
        last[m.lane] = n;
    }
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("settle_twice does what must never be done") {
    StageRig rig;
    Fault& stage = make(rig, [](Fault& s) { s.settle_twice = 1; });
    rig.push(messages(3));
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.count(LEAT_ACK) == 6);
    rig.push(messages(1));
    stage.c()->stop(stage.c());
    rig.host.run();
    CHECK_FALSE(rig.me.stopped);
    rig.below.settle_all(LEAT_ABANDON);
    rig.host.run();
    CHECK(rig.me.stopped);
}

TEST_CASE("more than everything cannot fail") {
    StageRig rig;
    CHECK_THROWS_AS(make(rig, [](Fault& s) { s.reject = 0.6, s.drop = 0.5; }), std::invalid_argument);
}
