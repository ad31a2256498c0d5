#include "log.hpp"

#include "support/stage_model.hpp"

using namespace std::chrono_literals;
using namespace leat::test;
using leat::log::Log;

namespace {

std::vector<Plain> messages(uint32_t n) {
    std::vector<Plain> all;
    for (uint32_t i = 0; i < n; ++i) all.push_back({.payload = std::to_string(i), .lane = i % 3, .flags = i});
    return all;
}

}  // namespace

TEST_CASE("everything passes as it is, and one of so many is logged whatever the batches") {
    StageModel<Log> test([](Log& stage, StageRig&) { stage.every = 7; });
    test.check([](const Plain& m) { return passed(m); }, messages(500));
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    StageRig rig;
    rig.make<Log>([](Log& stage, StageRig&) { stage.every = 7, stage.most = {0}; });
    const auto all = messages(500);
    for (size_t at = 0; at < all.size();) {
        const size_t n = std::min<size_t>(random() % 30 + 1, all.size() - at);
        const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
        rig.push(std::vector<Plain>(first, first + static_cast<std::ptrdiff_t>(n)));
        at += n;
    }
    REQUIRE(rig.me.log.size() == 72);
    for (size_t i = 0; i < 72; ++i) CHECK(rig.me.log[i] == "t key k payload " + std::to_string(7 * i));
}

TEST_CASE("no more lines a second than told; the next line says how many were left out") {
    StageRig rig;
    rig.make<Log>([](Log& stage, StageRig& r) { stage.most = {2}, stage.text = r.fill_in("${payload}"); });
    rig.push(messages(5));
    CHECK(rig.me.log == std::vector<std::string>{"0", "1"});
    rig.host.advance(500ms);
    rig.push(messages(2));
    CHECK(rig.me.log.size() == 3);
    CHECK(rig.me.log[2] == "0 (3 were not logged before)");
    rig.host.advance(1h);
    rig.push(messages(5));
    CHECK(rig.me.log.size() == 5);
}

TEST_CASE("a line is one line of printable text, and short") {
    std::string line;
    leat::log::append(line, std::string_view("a\n\0\x1b[2J\xc3", 8), 100);
    CHECK(line == "a\\x0a\\x00\\x1b[2J\\xc3");
    line.clear();
    leat::log::append(line, std::string(1000, 'x'), 3);
    CHECK(line == "xxx... (1000 bytes)");
    StageRig rig;
    rig.make<Log>([](Log& stage, StageRig&) { stage.max_length = {4}; });
    Plain m{.topic = "topic", .payload = "payload"};
    m.key.reset();
    rig.push({m});
    CHECK(rig.me.log.at(0) == "topi... (5 bytes) payload payl... (7 bytes)");
    m.payload.reset();
    rig.push({m});
    CHECK(rig.me.log.at(1) == "topi... (5 bytes) without payload");
}

TEST_CASE("a text that cannot be filled in is told and rejects nothing") {
    StageRig rig;
    rig.make<Log>([](Log& stage, StageRig& r) { stage.text = r.fill_in("${header:none}"); });
    rig.push(messages(1));
    CHECK(rig.me.log.at(0) == "the text cannot be filled in: a value is missing");
    CHECK(rig.below.messages.size() == 1);
}
