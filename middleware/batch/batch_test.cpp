#include "batch.hpp"

#include <functional>
#include <map>
#include <sstream>

#include "support/stage_model.hpp"

using namespace leat::batch;
using namespace leat::test;
using namespace std::chrono_literals;

namespace {

Plain one(const std::string& payload, uint32_t lane = 0) { return Plain{.payload = payload, .lane = lane}; }

BatchStage& make(
    StageRig& rig, const std::function<void(BatchStage&)>& configure = [](BatchStage&) {}) {
    return rig.make<BatchStage>([&](BatchStage& stage, StageRig&) {
        stage.count = 3;
        configure(stage);
    });
}
using Texts = std::vector<std::string>;

Texts lines_of(const std::string& payload) {
    Texts lines;
    std::istringstream in(payload);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("so many messages become one, and its outcome is that of all") {
    StageRig rig;
    make(rig);
    rig.push({one("a"), one("b"), one("c"), one("d"), one("e"), one("f"), one("g")});
    CHECK(rig.below.payloads == Texts{"a\nb\nc", "d\ne\nf"});
    CHECK(rig.told.all.empty());
    rig.below.settle(1, LEAT_REJECT);
    CHECK(rig.told.count(LEAT_REJECT) == 3);
    for (const auto& told : rig.told.all) CHECK((told.token >= 3 && told.token < 6));
    rig.below.settle(0, LEAT_ACK, LEAT_DEAD_LETTERED);
    CHECK(rig.told.count(LEAT_ACK, LEAT_DEAD_LETTERED) == 3);
}

TEST_CASE("the forms") {
    using namespace std::string_literals;
    for (const auto& [format, whole] : {std::pair{Format::lines, "1\n{}\n[ ]"s},
                                        {Format::json, "[1,{},[ ]]"s},
                                        {Format::length_prefixed,
                                         "\0\0\0\1"
                                         "1\0\0\0\2{}\0\0\0\3[ ]"s}}) {
        StageRig rig;
        make(rig, [&](BatchStage& stage) { stage.format = format; });
        rig.push({one("1"), one("{}"), one("[ ]")});
        CHECK(rig.below.payloads == Texts{whole});
        rig.below.settle_all(LEAT_ACK);
    }
}

TEST_CASE("what has no place in a batch is rejected with the reason, the others go on") {
    const auto refused = [](Format format, Plain m) {
        StageRig rig;
        make(rig, [&](BatchStage& stage) { stage.format = format; });
        rig.push({one("1"), m, one("2"), one("3")});
        CHECK(rig.below.messages.size() == 1);
        REQUIRE(rig.told.count(LEAT_REJECT) == 1);
        CHECK(rig.told.all[0].token == 1);
        const std::string why = rig.told.all[0].reason;
        rig.below.settle_all(LEAT_ACK);
        return why;
    };
    CHECK(refused(Format::lines, one("a\nb")) == "the payload is more than a line");
    CHECK(refused(Format::lines, one("a\r")) == "the payload is more than a line");
    CHECK(refused(Format::lines, one("")) == "an empty payload is no line");
    CHECK(refused(Format::json, one("{")) == "the payload is no JSON: it ends too early");
    for (const auto format : {Format::lines, Format::json, Format::length_prefixed}) {
        Plain tombstone;
        tombstone.payload.reset();
        CHECK(refused(format, tombstone) == "a message without payload cannot stand in a batch");
    }
}

TEST_CASE("bytes: a batch has no more, but for one message that is larger itself") {
    StageRig rig;
    make(rig, [](BatchStage& stage) { stage.count = 100, stage.bytes = {10}; });
    for (const char* payload : {"1234", "5678", "abcd", "a very large one", "x"}) rig.push({one(payload)});
    CHECK(rig.below.payloads == Texts{"1234\n5678", "abcd", "a very large one"});
    rig.signal(LEAT_SIGNAL_FLUSH);
    CHECK(rig.below.payloads.back() == "x");
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.count(LEAT_ACK) == 5);
}

TEST_CASE("time: a message waits no longer for others") {
    StageRig rig;
    make(rig, [](BatchStage& stage) { stage.time = 500ms; });
    rig.push({one("a")});
    rig.host.advance(499ms);
    rig.push({one("b")});
    CHECK(rig.below.messages.empty());
    rig.host.advance(1ms);
    CHECK(rig.below.payloads == Texts{"a\nb"});
    rig.push({one("c")});
    rig.host.advance(499ms);
    CHECK(rig.below.messages.size() == 1);
    rig.host.advance(1ms);
    CHECK(rig.below.payloads.back() == "c");
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("FLUSH lets go what is collected, and goes on behind it") {
    StageRig rig;
    make(rig);
    rig.push({one("a"), one("b")});
    rig.signal(LEAT_SIGNAL_FLUSH);
    CHECK(rig.below.payloads == Texts{"a\nb"});
    CHECK(rig.below.signals == std::vector<uint32_t>{LEAT_SIGNAL_FLUSH});
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("the batch has topic and time of its first, the key and the headers that all have") {
    StageRig rig;
    make(rig);
    rig.push(
        {Plain{.topic = "t1", .key = "k", .payload = "1", .headers = {{"h", "x"}, {"n", "1"}}, .timestamp_ns = 5},
         Plain{.topic = "t2", .key = "k", .payload = "2", .headers = {{"n", "2"}, {"h", "x"}}, .timestamp_ns = 6},
         Plain{.key = "k", .payload = "3", .headers = {{"h", "x"}}}});
    rig.push(
        {Plain{.key = "a", .payload = "4"}, Plain{.key = "b", .payload = "5"}, Plain{.key = "a", .payload = "6"}});
    const auto out = rig.out();
    CHECK(out[0].topic == "t1");
    CHECK(out[0].key == "k");
    CHECK(out[0].timestamp_ns == 5);
    CHECK(out[0].headers == Plain{.headers = {{"h", "x"}}}.headers);
    CHECK_FALSE(out[1].key.has_value());
    CHECK(out[1].headers.empty());
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("by: only messages with the same value become one; without the value a message is rejected") {
    StageRig rig;
    rig.make<BatchStage>([](BatchStage& stage, StageRig& r) { stage.count = 2, stage.by = r.fill_in("${key}"); });
    Plain none = one("x");
    none.key.reset();
    rig.push({Plain{.key = "a", .payload = "1"}, Plain{.key = "b", .payload = "2"}, none,
              Plain{.key = "a", .payload = "3"}, Plain{.key = "b", .payload = "4"}});
    CHECK(rig.below.payloads == Texts{"1\n3", "2\n4"});
    CHECK(rig.told.count(LEAT_REJECT) == 1);
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("random batches on an ordered route: every message once, each lane in order, whatever the options") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 40; ++round) {
        CAPTURE(round);
        StageRig rig(LEAT_IDENTITY_ORDERED);
        const bool has_by = round % 2, across = round % 4 < 2;
        rig.make<BatchStage>([&](BatchStage& stage, StageRig& r) {
            stage.count = 1 + static_cast<uint32_t>(random() % 20);
            stage.bytes = {10 + random() % 200};
            stage.across_lanes = across;
            if (has_by) stage.by = r.fill_in("${key}");
        });
        uint64_t token = 0;
        std::map<std::string, uint32_t> lane_of_payload;
        while (token < 2000) {
            std::vector<Plain> batch;
            for (auto n = random() % LEAT_BATCH_MAX + 1; n > 0; --n) {
                const auto lane = static_cast<uint32_t>(random() % 4);
                batch.push_back(Plain{.key = "k" + std::to_string(random() % 3),
                                      .payload = std::to_string(token + batch.size()),
                                      .lane = lane});
                lane_of_payload[*batch.back().payload] = lane;
            }
            rig.push(batch, token);
            token += batch.size();
            if (random() % 3 == 0) rig.host.advance(std::chrono::milliseconds(random() % 1500));
            if (random() % 5 == 0) rig.signal(LEAT_SIGNAL_FLUSH);
        }
        rig.host.advance(10s);
        std::map<uint32_t, uint64_t> last;
        size_t seen = 0;
        for (const leat_message& m : rig.below.messages) {
            if (across) REQUIRE(m.lane == BatchStage::merged_lane());
            for (const std::string& line : lines_of(std::string(leat::view(m.payload)))) {
                const uint32_t lane = lane_of_payload.at(line);
                if (!across) REQUIRE(m.lane == lane);
                REQUIRE(std::stoull(line) + 1 > last[lane]);
                last[lane] = std::stoull(line) + 1;
                ++seen;
            }
        }
        CHECK(seen == token);
        for (size_t i = 0; i < rig.below.messages.size(); ++i) rig.below.settle(i, i % 2 ? LEAT_ACK : LEAT_RETRY);
        std::vector<int> times(token);
        for (const auto& told : rig.told.all) ++times[told.token];
        CHECK(times == std::vector<int>(token, 1));
        rig.stop();
        CHECK(rig.host.live_buffers == 0);
    }
}

TEST_CASE("an abandoned lane is taken out of the batches that wait; the others stay whole") {
    StageRig rig;
    make(rig, [](BatchStage& stage) { stage.count = 100; });
    rig.push({one("a", 1), one("b", 2), one("cc", 1), one("d", 3)});
    rig.signal(LEAT_SIGNAL_ABANDON_LANE, 1);
    CHECK(rig.told.count(LEAT_ABANDON) == 2);
    rig.signal(LEAT_SIGNAL_FLUSH);
    CHECK(rig.below.payloads == Texts{"b\nd"});
    rig.push({one("e", 1)});
    rig.signal(LEAT_SIGNAL_ABANDON_LANE, 1);
    rig.signal(LEAT_SIGNAL_FLUSH);
    CHECK(rig.below.payloads.size() == 1);
    CHECK(rig.told.count(LEAT_ABANDON) == 3);
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("stop gives up what is collected and answers when the last batch has come back") {
    StageRig rig;
    BatchStage& stage = make(rig);
    rig.push({one("a"), one("b"), one("c"), one("d")});
    stage.c()->stop(stage.c());
    rig.push({one("e")}, 4);
    rig.host.run();
    CHECK(rig.told.count(LEAT_ABANDON) == 2);
    CHECK_FALSE(rig.me.stopped);
    rig.below.settle_all(LEAT_ABANDON);
    rig.host.run();
    CHECK(rig.told.count(LEAT_ABANDON) == 5);
    CHECK(rig.me.stopped);
    CHECK(rig.host.live_buffers == 0);
}
