#include "deduplicate.hpp"

#include <functional>
#include <map>
#include <set>

#include "support/stage_model.hpp"

using namespace leat::deduplicate;
using namespace leat::test;
using namespace std::chrono_literals;

namespace {

Deduplicate& make(
    StageRig& rig, const std::function<void(Deduplicate&)>& configure = [](Deduplicate&) {}) {
    return rig.make<Deduplicate>([&](Deduplicate& stage, StageRig& r) {
        stage.id = r.fill_in("${key}");
        configure(stage);
    });
}
Plain one(const std::string& id, const std::string& payload, uint32_t lane = 0) {
    return Plain{.key = id, .payload = payload, .lane = lane};
}
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("messages that differ pass, whatever the batches") {
    std::vector<Plain> all;
    for (uint32_t i = 0; i < 800; ++i) all.push_back({.payload = std::to_string(i), .lane = i % 3});
    StageModel<Deduplicate>([](Deduplicate&, StageRig&) {}).check([](const Plain& m) { return passed(m); }, all);
}

TEST_CASE("a copy of what has landed is dropped") {
    StageRig rig;
    make(rig);
    rig.push({one("a", "1"), one("b", "2")});
    rig.below.settle_all(LEAT_ACK);
    rig.push({one("a", "3"), one("c", "4")}, 2);
    CHECK(rig.below.payloads == Texts{"1", "2", "4"});
    CHECK(rig.told.count(LEAT_ACK, LEAT_DROPPED) == 1);
    CHECK(rig.me.counters.at("duplicates") == 1);
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.me.counters.at("remembered") == 3);
}

TEST_CASE("a copy waits for the outcome of the first: dropped when that has landed") {
    StageRig rig;
    make(rig);
    rig.push({one("a", "1"), one("a", "2"), one("a", "3")});
    rig.host.advance(60s);
    CHECK(rig.below.payloads == Texts{"1"});
    CHECK(rig.told.all.empty());
    rig.below.settle(0, LEAT_ACK);
    rig.host.run();
    CHECK(rig.told.count(LEAT_ACK) == 1);
    CHECK(rig.told.count(LEAT_ACK, LEAT_DROPPED) == 2);
}

TEST_CASE("... and takes its place when that has not: rejected, to be tried again, abandoned, or given up below") {
    for (const auto& [outcome, code] : {std::pair{LEAT_REJECT, LEAT_NONE},
                                        {LEAT_RETRY, LEAT_NONE},
                                        {LEAT_ABANDON, LEAT_NONE},
                                        {LEAT_ACK, LEAT_DISCARDED},
                                        {LEAT_ACK, LEAT_DEAD_LETTERED}}) {
        StageRig rig;
        make(rig);
        rig.push({one("a", "1"), one("a", "2")});
        rig.below.settle(0, outcome, code);
        CHECK(rig.below.payloads.size() == 1);  // not pushed inside settle
        rig.host.run();
        CHECK(rig.below.payloads == Texts{"1", "2"});
        rig.push({one("a", "1")}, 2);  // the first, tried again: now it waits
        rig.host.run();
        CHECK(rig.below.payloads.size() == 2);
        rig.below.settle(1, LEAT_ACK);
        rig.host.run();
        CHECK(rig.told.count(LEAT_ACK, LEAT_DROPPED) == 1);
        CHECK(rig.told.count(outcome, code) >= 1);
    }
}

TEST_CASE("on an ordered route what stands behind a waiting copy in its lane waits, too; other lanes flow") {
    StageRig rig(LEAT_IDENTITY_ORDERED);
    make(rig);
    rig.push({one("a", "1", 7), one("a", "2", 1), one("b", "3", 1), one("c", "4", 2), one("d", "5", 7)});
    CHECK(rig.below.payloads == Texts{"1", "4", "5"});
    rig.signal(LEAT_SIGNAL_FLUSH);
    rig.below.settle(0, LEAT_REJECT);
    rig.host.run();
    CHECK(rig.below.payloads == Texts{"1", "4", "5", "2", "3"});
    CHECK(rig.below.signals.size() == 2);  // what goes on after a FLUSH is flushed
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("without order only the copy waits") {
    StageRig rig;
    make(rig);
    rig.push({one("a", "1"), one("a", "2"), one("b", "3")});
    CHECK(rig.below.payloads == Texts{"1", "3"});
    rig.below.settle_all(LEAT_ACK);
    rig.host.run();
}

TEST_CASE("the window: by time and by count, the oldest go first") {
    StageRig rig;
    rig.below.answers_at_once = true;
    make(rig, [](Deduplicate& stage) { stage.window = 10s, stage.count = 3; });
    rig.push({one("a", "1")});
    rig.host.advance(9s);
    rig.push({one("a", "2")});
    CHECK(rig.below.payloads.size() == 1);
    rig.host.advance(1s);
    rig.push({one("a", "3")});
    CHECK(rig.below.payloads == Texts{"1", "3"});
    for (const char* id : {"b", "c", "d"}) rig.push({one(id, id)});
    rig.push({one("b", "known"), one("a", "4")});
    CHECK(rig.below.payloads == Texts{"1", "3", "b", "c", "d", "4"});
    CHECK(rig.me.counters.at("remembered") == 3);
}

TEST_CASE("by default topic, key and payload make a message; headers do not") {
    StageRig rig;
    rig.below.answers_at_once = true;
    rig.make<Deduplicate>([](Deduplicate&, StageRig&) {});
    Plain without_key{.payload = "x"};
    without_key.key.reset();
    Plain empty_key{.key = "", .payload = "x"};
    rig.push({Plain{.payload = "x"}, Plain{.topic = "u", .payload = "x"}, Plain{.payload = "y"}, without_key,
              empty_key, Plain{.payload = "x", .headers = {{"n", "2"}}}});
    CHECK(rig.below.payloads.size() == 5);
}

TEST_CASE("a message without id is rejected") {
    StageRig rig;
    make(rig);
    Plain none;
    none.key.reset();
    rig.push({none});
    CHECK(rig.told.count(LEAT_REJECT) == 1);
}

TEST_CASE("random copies and outcomes: one copy at a time below, none after it has landed, nothing dropped before") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 20; ++round) {
        const bool ordered = round % 2;
        StageRig rig(ordered ? LEAT_IDENTITY_ORDERED : 0);
        make(rig);
        std::vector<Plain> sent;
        std::set<std::string> landed, under_way;
        std::map<uint32_t, uint64_t> last;  // by lane: token of the last that came out
        size_t looked = 0, told = 0;
        std::vector<size_t> open;
        const auto look = [&] {
            for (; looked < rig.below.messages.size(); ++looked) {
                const Plain m = plain(rig.below.messages[looked]);
                REQUIRE_FALSE(landed.contains(*m.key));
                REQUIRE(under_way.insert(*m.key).second);
                const uint64_t token = std::stoull(*m.payload) + 1;
                if (ordered) REQUIRE(token > last[m.lane]);
                last[m.lane] = token;
                open.push_back(looked);
            }
            for (; told < rig.told.all.size(); ++told) {
                const auto& one_told = rig.told.all[told];
                if (one_told.code == LEAT_DROPPED) REQUIRE(landed.contains(*sent[one_told.token].key));
            }
        };
        const auto answer = [&](uint32_t outcome) {
            const size_t which = random() % open.size();
            const size_t i = open[which];
            open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
            const std::string id(leat::view(rig.below.messages[i].key));
            under_way.erase(id);
            if (outcome == LEAT_ACK) landed.insert(id);
            rig.below.settle(i, outcome);
        };
        while (sent.size() < 1500) {
            std::vector<Plain> batch;
            for (auto n = random() % 20 + 1; n > 0; --n) {
                const std::string payload = std::to_string(sent.size() + batch.size());
                batch.push_back(
                    one("id" + std::to_string(random() % 300), payload, static_cast<uint32_t>(random() % 4)));
            }
            const size_t first = sent.size();
            sent.insert(sent.end(), batch.begin(), batch.end());
            rig.push(batch, first);
            look();
            for (auto n = random() % 20; n > 0 && !open.empty(); --n) answer(random() % 3 ? LEAT_ACK : LEAT_REJECT);
            if (random() % 3) rig.host.run();
            look();
        }
        for (int i = 0; i < 100'000 && rig.told.all.size() < sent.size(); ++i) {
            if (!open.empty()) answer(random() % 3 ? LEAT_ACK : LEAT_REJECT);
            rig.host.run();
            look();
        }
        CHECK(rig.told.all.size() == sent.size());
        std::vector<int> times(sent.size());
        for (const auto& each : rig.told.all) ++times[each.token];
        CHECK(times == std::vector<int>(sent.size(), 1));
        rig.stop();
        CHECK(rig.host.live_buffers == 0);
    }
}

TEST_CASE("an abandoned lane's waiting copies are given up; stop gives up all that wait") {
    for (const uint32_t flags : {0u, LEAT_IDENTITY_ORDERED}) {
        StageRig rig(flags);
        Deduplicate& stage = make(rig);
        rig.push({one("a", "1", 0), one("a", "2", 1), one("a", "3", 2), one("a", "4", 1)});
        rig.signal(LEAT_SIGNAL_ABANDON_LANE, 1);
        CHECK(rig.told.count(LEAT_ABANDON) == 2);
        stage.c()->stop(stage.c());
        rig.push({one("z", "5")}, 4);
        rig.host.run();
        CHECK(rig.told.count(LEAT_ABANDON) == 4);
        CHECK_FALSE(rig.me.stopped);
        rig.below.settle_all(LEAT_ABANDON);
        rig.host.run();
        CHECK(rig.told.count(LEAT_ABANDON) == 5);
        CHECK(rig.me.stopped);
        CHECK(rig.below.messages.size() == 1);
    }
}
