#include "delay.hpp"

#include "support/stage_model.hpp"

using namespace leat::delay;
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
Delay& make(StageRig& rig, std::chrono::nanoseconds time, Since since = Since::arrival) {
    return rig.make<Delay>([=](Delay& stage, StageRig&) {
        stage.time = time;
        stage.since = since;
    });
}
int64_t wall(StageRig& rig) { return rig.host.table()->wall_ns(); }

}  // namespace

TEST_CASE("whatever the batches, all pass unchanged and in order") {
    StageModel<Delay>([](Delay& stage, StageRig&) {
        stage.time = 5ms;
    }).check([](const Plain& m) { return passed(m); }, messages(800));
    StageModel<Delay>([](Delay& stage, StageRig&) {
        stage.time = 0ms;
    }).check([](const Plain& m) { return passed(m); }, messages(800));
}

TEST_CASE("a message leaves when its time has come, not before; FLUSH does not hurry it") {
    StageRig rig;
    make(rig, 5s);
    rig.push({Plain{.payload = "a"}});
    rig.host.advance(3s);
    rig.push({Plain{.payload = "b"}});
    rig.signal(LEAT_SIGNAL_FLUSH);
    CHECK(rig.below.messages.empty());
    CHECK(rig.below.signals.size() == 1);
    CHECK(rig.me.counters.at("waiting") == 2);
    rig.host.advance(2s);
    CHECK(rig.below.payloads == std::vector<std::string>{"a"});
    rig.host.advance(2999ms);
    CHECK(rig.below.payloads.size() == 1);
    rig.host.advance(1ms);
    CHECK(rig.below.payloads == std::vector<std::string>{"a", "b"});
    CHECK(rig.me.counters.at("waiting") == 0);
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("since: timestamp lets an old message pass at once, and trusts no time in the future") {
    StageRig rig;
    make(rig, 10s, Since::timestamp);
    const int64_t now = wall(rig);
    rig.push({Plain{.payload = "old", .timestamp_ns = now - 20'000'000'000},
              Plain{.payload = "4s", .timestamp_ns = now - 6'000'000'000}, Plain{.payload = "none"},
              Plain{.payload = "later", .timestamp_ns = now + 3'600'000'000'000},
              Plain{.payload = "never", .timestamp_ns = INT64_MAX}, Plain{.payload = "ancient", .timestamp_ns = 1}});
    CHECK(rig.below.payloads == std::vector<std::string>{"old", "ancient"});
    rig.host.advance(4s);
    CHECK(rig.below.payloads.back() == "4s");
    rig.host.advance(6s);
    CHECK(rig.below.payloads.size() == 6);
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("since: timestamp keeps each lane in order on an ordered route, and holds no other lane for it") {
    StageRig rig(LEAT_IDENTITY_ORDERED);
    make(rig, 10s, Since::timestamp);
    const int64_t now = wall(rig);
    rig.push({Plain{.payload = "young", .lane = 1, .timestamp_ns = now},
              Plain{.payload = "old", .lane = 1, .timestamp_ns = now - 60'000'000'000},
              Plain{.payload = "other", .lane = 2, .timestamp_ns = now - 60'000'000'000}});
    CHECK(rig.below.payloads == std::vector<std::string>{"other"});
    rig.host.advance(10s);
    CHECK(rig.below.payloads == std::vector<std::string>{"other", "young", "old"});
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("without order each message leaves at its own time") {
    StageRig rig;
    make(rig, 10s, Since::timestamp);
    const int64_t now = wall(rig);
    rig.push({Plain{.payload = "young", .timestamp_ns = now}, Plain{.payload = "old", .timestamp_ns = 1}});
    CHECK(rig.below.payloads == std::vector<std::string>{"old"});
    rig.host.advance(10s);
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("an abandoned lane is given up, the others wait on") {
    StageRig rig;
    make(rig, 5s);
    rig.push(messages(30));
    rig.signal(LEAT_SIGNAL_ABANDON_LANE, 1);
    CHECK(rig.told.count(LEAT_ABANDON) == 10);
    for (const auto& one : rig.told.all) CHECK(one.token % 3 == 1);
    rig.host.advance(5s);
    CHECK(rig.below.messages.size() == 20);
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.count(LEAT_ACK) == 20);
}

TEST_CASE("stop gives up what waits, and what comes later") {
    StageRig rig;
    Delay& stage = make(rig, 5s);
    rig.push(messages(10));
    stage.c()->stop(stage.c());
    rig.push(messages(5), 10);
    rig.host.run();
    CHECK(rig.told.count(LEAT_ABANDON) == 15);
    CHECK(rig.me.stopped);
    CHECK(rig.below.messages.empty());
    CHECK(rig.host.live_buffers == 0);
}

TEST_CASE("a small message that waits does not pin a large buffer") {
    StageRig rig;
    make(rig, 5s);
    void* data = nullptr;
    leat_buffer* large = rig.host.table()->buffer_new(rig.me, 1 << 20, &data);
    leat_message m{};
    m.topic = m.payload = {static_cast<char*>(data), 10};
    m.buffer = large;
    m.receipt = {&rig.told, 7};
    leat_buffer_retain(large, 1);
    rig.push(std::vector{m});
    CHECK(large->refs == 1);
    leat_buffer_release(large, 1);
    rig.host.advance(5s);
    REQUIRE(rig.below.messages.size() == 1);
    CHECK(rig.below.messages[0].buffer->capacity < 1000);
    rig.below.settle_all(LEAT_ACK);
}
