#include "measure.hpp"

#include "support/stage_model.hpp"

using namespace std::chrono_literals;
using namespace leat::test;
using leat::measure::Measure;

namespace {

std::vector<Plain> messages(uint32_t n) {
    std::vector<Plain> all;
    for (uint32_t i = 0; i < n; ++i) {
        all.push_back({.key = std::to_string(i % 5), .payload = std::string(i % 7, 'x'), .lane = i % 3, .flags = i});
        if (i % 11 == 0) all.back().key.reset();
    }
    return all;
}

}  // namespace

TEST_CASE("everything passes as it is, and each receipt hears what became of its message") {
    for (const uint64_t every : {1, 3, 1000}) {
        StageModel<Measure> test([every](Measure& stage, StageRig& rig) {
            stage.every = every;
            stage.label = {rig.fill_in("${key}")};
        });
        test.check([](const Plain& m) { return passed(m); }, messages(500));
    }
}

TEST_CASE("all are counted by label, whatever the batches; what has none counts as none") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto all = messages(700);
    std::map<std::string, std::pair<uint64_t, uint64_t>> expected;
    for (const Plain& m : all) {
        auto& [n, bytes] = expected[m.key.value_or("none")];
        ++n, bytes += m.payload->size();
    }
    StageRig rig;
    rig.make<Measure>([](Measure& stage, StageRig& r) { stage.label = {r.fill_in("${key}")}; });
    for (size_t at = 0; at < all.size();) {
        const size_t n = std::min<size_t>(random() % 60 + 1, all.size() - at);
        const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
        rig.push(std::vector<Plain>(first, first + static_cast<std::ptrdiff_t>(n)));
        at += n;
    }
    for (const auto& [label, sums] : expected) {
        CHECK(rig.me.counters["messages{" + label + "}"] == sums.first);
        CHECK(rig.me.counters["bytes{" + label + "}"] == sums.second);
    }
    size_t samples = 0;
    for (const auto& [name, values] : rig.me.histograms) samples += name.starts_with("size") ? values.size() : 0;
    CHECK(samples == 700 / (16 * 8) * 8 + 8);  // eight in a row, the rest of the last 128 begins with eight, too
}

TEST_CASE("size, age and the time until settlement are measured; what fails is counted") {
    StageRig rig;
    rig.make<Measure>([](Measure& stage, StageRig&) { stage.every = 1; });
    Plain m{.payload = "12345"};
    m.timestamp_ns = 1'700'000'000'000'000'000 + rig.host.now_ns - 2'000'000'000;
    rig.push({m, m});
    rig.host.advance(3s);
    rig.below.settle(0, LEAT_ACK);
    rig.below.settle(1, LEAT_REJECT);
    CHECK(rig.me.histograms["size"] == std::vector<int64_t>{5, 5});
    CHECK(rig.me.histograms["age"] == std::vector<int64_t>{2'000'000'000, 2'000'000'000});
    CHECK(rig.me.histograms["latency"] == std::vector<int64_t>{3'000'000'000, 3'000'000'000});
    CHECK(rig.me.counters["failed"] == 1);
}

TEST_CASE("a label of the topic is told apart though it stands in the same place") {
    for (const bool is_of_topic : {false, true}) {
        StageRig rig;
        rig.below.answers_at_once = true;
        rig.make<Measure>([&](Measure& stage, StageRig& r) { stage.label = {r.fill_in("${topic}"), is_of_topic}; });
        std::vector<Plain> all;
        for (const char* topic : {"a", "a", "ab", "a", "b"}) all.push_back({.topic = topic});
        for (int i = 0; i < 3; ++i) {
            rig.push(all);
            for (const Plain& m : all) rig.push({m});
        }
        CHECK(rig.me.counters["messages{a}"] == 18);
        CHECK(rig.me.counters["messages{ab}"] == 6);
        CHECK(rig.me.counters["messages{b}"] == 6);
    }
}

TEST_CASE("very many topics, more than are remembered, are counted each for its label") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (const bool is_of_topic : {false, true}) {
        StageRig rig;
        rig.below.answers_at_once = true;
        rig.make<Measure>([&](Measure& stage, StageRig& r) {
            stage.label = {r.fill_in("${topic}"), is_of_topic};
            stage.max_labels = 3000;
        });
        std::map<std::string, uint64_t> expected;
        for (int round = 0; round < 40; ++round) {
            std::vector<Plain> all;
            for (int i = 0; i < 200; ++i) {
                const auto number = random() % 2000;
                const std::string padding(number % 3 == 0 ? 300 : number % 20, 'x');
                all.push_back({.topic = std::to_string(number) + "/" + padding});
                ++expected["messages{" + all.back().topic.substr(0, 64) + "}"];
            }
            rig.push(all);
        }
        CHECK(std::all_of(expected.begin(), expected.end(),
                          [&](const auto& one) { return rig.me.counters[one.first] == one.second; }));
    }
}

TEST_CASE("a label that takes nothing but the topic is known as such") {
    for (const char* of_topic : {"${topic}", "${topic[0]}", "x/${topic[12]:-none}/${topic}", "${topic:-a}"}) {
        CHECK_MESSAGE(leat::measure::is_of_topic(of_topic), of_topic);
    }
    for (const char* other : {"", "plain", "${key}", "${topic}/${key}", "${topics}", "$${topic}", "${topic", "$",
                              "${topic}${header:topic}", "${topic:-$}"}) {
        CHECK_FALSE_MESSAGE(leat::measure::is_of_topic(other), other);
    }
}

TEST_CASE("labels have a limit, and are made fit for a name") {
    StageRig rig;
    rig.make<Measure>([](Measure& stage, StageRig& r) {
        stage.label = {r.fill_in("${key}")};
        stage.max_labels = 2;
    });
    for (const char* key : {"a b", "x}", "c", "d", "a b"}) rig.push({Plain{.key = key}});
    CHECK(rig.me.counters["messages{a_b}"] == 2);
    CHECK(rig.me.counters["messages{x_}"] == 1);
    CHECK(rig.me.counters["messages{other}"] == 2);
    CHECK(rig.me.counters.count("messages{c}") == 0);
}

TEST_CASE("it stops when the last receipt of its own is settled") {
    StageRig rig;
    rig.make<Measure>([](Measure& stage, StageRig&) { stage.every = 1; });
    rig.push({Plain{}});
    rig.below.settle(0, LEAT_ABANDON);
    rig.stop();
    CHECK(rig.told.count(LEAT_ABANDON) == 1);
}
