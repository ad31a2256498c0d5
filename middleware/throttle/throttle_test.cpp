#include "throttle.hpp"

#include <map>

#include "support/stage_model.hpp"

using namespace leat::throttle;
using namespace leat::test;
using namespace std::chrono_literals;

namespace {

std::vector<Plain> messages(uint32_t count, uint32_t keys = 1) {
    std::vector<Plain> all;
    for (uint32_t i = 0; i < count; ++i) {
        all.push_back({.key = "k" + std::to_string(i % keys),
                       .payload = std::to_string(i),
                       .headers = {{"n", std::to_string(i)}},
                       .lane = i % 3});
    }
    return all;
}
Throttle& make(StageRig& rig, double rate, uint32_t burst = 1, bool by_key = false, uint32_t keys = 100) {
    return rig.make<Throttle>([=](Throttle& stage, StageRig& r) {
        stage.rate = {rate};
        stage.burst = burst;
        stage.keys = keys;
        if (by_key) stage.key = r.fill_in("${key}");
    });
}

}  // namespace

TEST_CASE("whatever the batches, all pass unchanged and in order") {
    for (const double rate : {0.0, 100.0, 100'000.0}) {
        StageModel<Throttle>([rate](Throttle& stage, StageRig&) {
            stage.rate = {rate};
        }).check([](const Plain& m) { return passed(m); }, messages(500));
    }
}

TEST_CASE("with a key: all pass in order of their lane; a message without it is rejected") {
    StageModel<Throttle> test([](Throttle& stage, StageRig& rig) {
        stage.rate = {100};
        stage.key = rig.fill_in("${key}");
    });
    auto all = messages(500, 3);  // each lane has its key
    for (size_t i = 0; i < all.size(); i += 40) all[i].key.reset();
    test.check([](const Plain& m) { return m.key ? passed(m) : rejected(); }, all);
}

TEST_CASE("so many messages pass in a second, and after a pause the burst at once") {
    StageRig rig;
    rig.below.answers_at_once = true;
    make(rig, 10, 5);
    rig.push(messages(100));
    CHECK(rig.below.payloads.size() == 5);
    rig.signal(LEAT_SIGNAL_FLUSH);
    CHECK(rig.below.payloads.size() == 5);
    rig.host.advance(1s);
    CHECK(rig.below.payloads.size() == 15);
    rig.host.advance(5s);
    CHECK(rig.below.payloads.size() == 65);
    rig.host.advance(60s);
    CHECK(rig.below.payloads.size() == 100);
    CHECK(rig.me.counters.at("waiting") == 0);
    rig.push(messages(8));
    CHECK(rig.below.payloads.size() == 105);
    rig.host.advance(10s);
}

TEST_CASE("a high rate is kept although the stage wakes once a millisecond") {
    StageRig rig;
    rig.below.answers_at_once = true;
    make(rig, 100'000);
    for (int i = 0; i < 200; ++i) rig.push(messages(250));
    for (int i = 0; i < 200; ++i) rig.host.advance(1ms);
    CHECK(rig.below.payloads.size() >= 19'900);
    CHECK(rig.below.payloads.size() <= 20'001);
    rig.host.advance(10s);
}

TEST_CASE("each key has its own rate") {
    StageRig rig;
    rig.below.answers_at_once = false;
    make(rig, 1, 2, true);
    rig.push(messages(40, 4));
    std::map<std::string, int> passed;
    for (const Plain& m : rig.out()) ++passed[*m.key];
    CHECK(passed.size() == 4);
    for (const auto& [key, n] : passed) CHECK(n == 2);
    rig.host.advance(3s);
    CHECK(rig.below.messages.size() == 20);
    rig.host.advance(60s);
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.count(LEAT_ACK) == 40);
}

TEST_CASE("on an ordered route a lane waits for its first; then its keys still keep their rates") {
    StageRig rig(LEAT_IDENTITY_ORDERED);
    rig.below.answers_at_once = true;
    make(rig, 1, 1, true);
    const auto one = [](const char* key, const char* payload, uint32_t lane) {
        return Plain{.key = key, .payload = payload, .lane = lane};
    };
    rig.push({one("a", "1", 1), one("a", "2", 1), one("b", "3", 1), one("b", "4", 1), one("c", "5", 2)});
    CHECK(rig.below.payloads == std::vector<std::string>{"1", "5"});
    rig.host.advance(1s);
    CHECK(rig.below.payloads == std::vector<std::string>{"1", "5", "2", "3"});
    rig.host.advance(1s);
    CHECK(rig.below.payloads == std::vector<std::string>{"1", "5", "2", "3", "4"});
}

TEST_CASE("keys are bounded: the one not seen for longest begins anew") {
    StageRig rig;
    rig.below.answers_at_once = true;
    make(rig, 0.001, 1, true, 2);
    const auto push = [&](const char* key) { rig.push({Plain{.key = key, .payload = key}}); };
    push("a"), push("b"), push("c"), push("a");
    CHECK(rig.below.payloads == std::vector<std::string>{"a", "b", "c", "a"});
    push("c");
    CHECK(rig.below.payloads.size() == 4);
}

TEST_CASE("an abandoned lane is given up, the others wait on; so does stop with all") {
    StageRig rig;
    Throttle& stage = make(rig, 10);
    rig.push(messages(30));
    rig.signal(LEAT_SIGNAL_ABANDON_LANE, 1);
    CHECK(rig.told.count(LEAT_ABANDON) == 10);
    rig.host.advance(300ms);
    CHECK(rig.below.messages.size() == 3);
    rig.below.settle_all(LEAT_ACK);
    stage.c()->stop(stage.c());
    rig.host.run();
    CHECK(rig.told.all.size() == 30);
    CHECK(rig.me.stopped);
}
