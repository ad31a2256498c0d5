#include "sample.hpp"

#include <map>
#include <set>

#include "support/stage_model.hpp"

using namespace leat::sample;
using namespace leat::test;

namespace {

std::vector<Plain> messages(uint32_t count, uint32_t keys) {
    std::vector<Plain> all;
    for (uint32_t i = 0; i < count; ++i) {
        all.push_back({.key = "k" + std::to_string(i * 7 % keys), .payload = std::to_string(i), .lane = i % 3});
    }
    return all;
}

}  // namespace

TEST_CASE("every: the first of n passes, the others are dropped") {
    StageModel<Sample> test([](Sample& stage, StageRig&) { stage.every = 7; });
    test.check([](const Plain& m) { return std::stoul(*m.payload) % 7 == 0 ? passed(m) : dropped(); },
               messages(1000, 10));
}

TEST_CASE("every with a key: the first of n of each key; without the key: rejected") {
    StageModel<Sample> test([](Sample& stage, StageRig& rig) {
        stage.every = 3;
        stage.key = rig.fill_in("${key}");
    });
    test.also_ordered = false;  // what is held behind a rejected message comes later, and is counted then
    auto all = messages(1000, 40);
    for (size_t i = 0; i < all.size(); i += 50) all[i].key.reset();
    std::map<std::string, int> seen;  // the model is asked once for each message and round, in order
    size_t asked = 0;
    test.check(
        [&](const Plain& m) {
            if (asked++ % all.size() == 0) seen.clear();
            if (!m.key) return rejected();
            return seen[*m.key]++ % 3 == 0 ? passed(m) : dropped();
        },
        all);
}

TEST_CASE("the key not seen for longest is forgotten, and begins anew") {
    StageRig rig;
    rig.make<Sample>([](Sample& stage, StageRig& r) {
        stage.every = 100;
        stage.keys = 2;
        stage.key = r.fill_in("${key}");
    });
    for (const char* key : {"a", "b", "a", "c", "a", "b"}) rig.push({Plain{.key = key, .payload = key}});
    CHECK(rig.below.payloads == std::vector<std::string>{"a", "b", "c", "b"});
    rig.below.settle_all(LEAT_ACK);
}

TEST_CASE("fraction: about that part of the messages, the same with the same seed") {
    const auto chosen = [](uint64_t seed) {
        StageRig rig;
        rig.below.answers_at_once = true;
        rig.make<Sample>([seed](Sample& stage, StageRig&) {
            stage.fraction = 0.1;
            stage.seed = seed;
        });
        for (int i = 0; i < 100; ++i) rig.push(messages(200, 10));
        return rig.below.payloads;
    };
    CHECK(chosen(1).size() > 1'700);  // 2,000 is expected, with a deviation of 42
    CHECK(chosen(1).size() < 2'300);
    CHECK(chosen(1) == chosen(1));
    CHECK(chosen(1) != chosen(2));
}

TEST_CASE("fraction 0 passes nothing, 1 everything") {
    for (const double fraction : {0.0, 1.0}) {
        StageModel<Sample> test([fraction](Sample& stage, StageRig&) { stage.fraction = fraction; });
        test.check([fraction](const Plain& m) { return fraction == 1 ? passed(m) : dropped(); }, messages(500, 3));
    }
}

TEST_CASE("fraction with a key: all messages of the keys that were chosen, and none of the others") {
    StageRig rig;
    rig.below.answers_at_once = true;
    rig.make<Sample>([](Sample& stage, StageRig& r) {
        stage.fraction = 0.5;
        stage.key = r.fill_in("${key}");
    });
    std::map<std::string, std::pair<int, int>> pushed_and_passed;
    for (const Plain& m : messages(10'000, 1'000)) {
        const size_t before = rig.below.messages.size();
        rig.push({m});
        auto& [pushed, passed] = pushed_and_passed[*m.key];
        ++pushed;
        passed += rig.below.messages.size() > before;
    }
    int chosen = 0;
    for (const auto& [key, counts] : pushed_and_passed) {
        CHECK((counts.second == 0 || counts.second == counts.first));
        chosen += counts.second > 0;
    }
    CHECK(chosen > 400);
    CHECK(chosen < 600);
}

TEST_CASE("either every or fraction must be given") {
    StageRig rig;
    CHECK_THROWS_AS(rig.make<Sample>([](Sample&, StageRig&) {}), std::invalid_argument);
    CHECK_THROWS_AS(rig.make<Sample>([](Sample& stage, StageRig&) { stage.every = 1, stage.fraction = 1; }),
                    std::invalid_argument);
}
