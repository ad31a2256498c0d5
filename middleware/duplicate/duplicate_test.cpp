#include "duplicate.hpp"

#include "support/stage_model.hpp"

using namespace leat::duplicate;
using namespace leat::test;

namespace {

std::vector<Plain> messages(uint32_t count) {
    std::vector<Plain> all;
    for (uint32_t i = 0; i < count; ++i) {
        all.push_back({.key = "k" + std::to_string(i),
                       .payload = std::to_string(i),
                       .headers = {{"n", std::to_string(i)}},
                       .lane = i % 3});
        if (i % 17 == 0) all.back().key.reset();
    }
    return all;
}

void configure(Duplicate& stage, StageRig& rig, bool keep) {
    stage.topics.push_back(rig.fill_in("audit"));
    stage.topics.push_back(rig.fill_in("of/${key}"));
    stage.keep = keep;
}
Plain with_topic(Plain m, const std::string& topic) {
    m.topic = topic;
    return m;
}

}  // namespace

TEST_CASE("a message and its copies; without a topic for one copy there is none, and it is rejected") {
    StageModel<Duplicate> test([](Duplicate& stage, StageRig& rig) { configure(stage, rig, true); });
    test.check(
        [](const Plain& m) {
            if (!m.key) return rejected();
            return passed({m, with_topic(m, "audit"), with_topic(m, "of/" + *m.key)});
        },
        messages(500));
}

TEST_CASE("keep: false sends the copies alone") {
    StageModel<Duplicate> test([](Duplicate& stage, StageRig& rig) { configure(stage, rig, false); });
    test.check(
        [](const Plain& m) {
            if (!m.key) return rejected();
            return passed({with_topic(m, "audit"), with_topic(m, "of/" + *m.key)});
        },
        messages(500));
}

TEST_CASE("copies under way are bounded; what waits goes on, in order, when some have been settled") {
    StageRig rig;
    rig.make<Duplicate>([](Duplicate& stage, StageRig& r) { configure(stage, r, true); });
    auto all = messages(4000);
    for (Plain& m : all) m.key = "k";
    for (size_t at = 0; at < all.size(); at += 250)
        rig.push({all.begin() + long(at), all.begin() + long(at + 250)}, at);
    CHECK(rig.below.messages.size() >= Duplicate::kMaxUnsettled);
    CHECK(rig.below.messages.size() < Duplicate::kMaxUnsettled + 3);
    CHECK(rig.below.signals == std::vector<uint32_t>{LEAT_SIGNAL_FLUSH});  // whoever collects below must let go
    rig.signal(LEAT_SIGNAL_FLUSH);
    while (rig.below.payloads.size() < 12'000) {
        const size_t before = rig.below.payloads.size();
        rig.below.settle_all(LEAT_ACK);
        rig.host.run();
        REQUIRE(rig.below.payloads.size() > before);
        CHECK(rig.below.payloads.size() - before < Duplicate::kMaxUnsettled + 3);
    }
    CHECK(rig.below.signals.back() == LEAT_SIGNAL_FLUSH);  // behind all
    rig.below.settle_all(LEAT_ACK);
    for (size_t i = 0; i < 12'000; ++i) REQUIRE(rig.below.payloads[i] == std::to_string(i / 3));
    CHECK(rig.told.count(LEAT_ACK) == 4000);
}

TEST_CASE("an abandoned lane's waiting messages are given up, the others go on") {
    StageRig rig(LEAT_IDENTITY_ORDERED);
    rig.make<Duplicate>([](Duplicate& stage, StageRig& r) { configure(stage, r, true); });
    auto all = messages(2000);
    for (Plain& m : all) m.key = "k";
    for (size_t at = 0; at < all.size(); at += 250)
        rig.push({all.begin() + long(at), all.begin() + long(at + 250)}, at);
    rig.signal(LEAT_SIGNAL_ABANDON_LANE, 1);
    const size_t given_up = rig.told.count(LEAT_ABANDON);
    CHECK(given_up > 100);
    for (const auto& one : rig.told.all) CHECK(one.token % 3 == 1);
    rig.below.settle_all(LEAT_ACK);
    rig.host.run();
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.count(LEAT_ACK) == 2000 - given_up);
}

TEST_CASE("a waiting message that is refused takes those that wait behind it in its lane with it") {
    StageRig rig(LEAT_IDENTITY_ORDERED);
    rig.make<Duplicate>([](Duplicate& stage, StageRig& r) { configure(stage, r, true); });
    auto all = messages(1500);
    for (Plain& m : all) m.key = "k";
    all[1490].key.reset();  // lane 2; behind it in its lane: 1493, 1496, 1499
    for (size_t at = 0; at < all.size(); at += 250)
        rig.push({all.begin() + long(at), all.begin() + long(at + 250)}, at);
    CHECK(rig.me.failures.empty());
    rig.below.settle_all(LEAT_ACK);
    rig.host.run();
    REQUIRE(rig.me.failures.size() == 4);
    CHECK(rig.me.failures[0].outcome == LEAT_REJECT);
    for (size_t i = 1; i < 4; ++i) {
        CHECK(rig.me.failures[i].code == LEAT_HELD);
        CHECK(rig.me.failures[i].message.receipt.token == 1490 + 3 * i);
    }
    for (size_t i = 0; i < 4; ++i) rig.me.settle(i, LEAT_REJECT);
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.all.size() == 1500);
}

TEST_CASE("stop gives up what waits, and answers when the last copy has come back") {
    StageRig rig;
    Duplicate& stage = rig.make<Duplicate>([](Duplicate& s, StageRig& r) { configure(s, r, true); });
    auto all = messages(1500);
    for (Plain& m : all) m.key = "k";
    for (size_t at = 0; at < all.size(); at += 250)
        rig.push({all.begin() + long(at), all.begin() + long(at + 250)}, at);
    stage.c()->stop(stage.c());
    rig.host.run();
    CHECK_FALSE(rig.me.stopped);
    CHECK(rig.told.count(LEAT_ABANDON) > 100);
    rig.below.settle_all(LEAT_ABANDON);
    CHECK(rig.told.all.size() == 1500);
    rig.host.run();
    CHECK(rig.me.stopped);
}
