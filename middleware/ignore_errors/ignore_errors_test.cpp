#include "ignore_errors.hpp"

#include <algorithm>
#include <functional>

#include "support/stage_model.hpp"

using namespace leat::ignore_errors;
using namespace leat::test;

namespace {

IgnoreErrors& make(
    StageRig& rig, const std::function<void(IgnoreErrors&)>& configure = [](IgnoreErrors&) {}) {
    return rig.make<IgnoreErrors>([&](IgnoreErrors& stage, StageRig&) { configure(stage); });
}
void settle(StageRig& rig, size_t i, uint32_t outcome, const char* why) {
    const leat_detail detail{sizeof detail, 0, leat::bytes(why), 0};
    rig.below.settle(i, outcome, LEAT_NONE, &detail);
}
size_t logged(const StageRig& rig, std::string_view text) {
    return static_cast<size_t>(std::count_if(rig.me.log.begin(), rig.me.log.end(),
                                             [&](const std::string& line) { return line.find(text) != line.npos; }));
}

}  // namespace

TEST_CASE("messages pass unchanged; a reject becomes an ack, discarded; other outcomes stay as they are") {
    StageRig rig;
    make(rig);
    rig.push(std::vector<Plain>(5));
    CHECK(rig.out() == std::vector<Plain>(5));
    rig.below.settle(0, LEAT_ACK);
    rig.below.settle(1, LEAT_REJECT);
    rig.below.settle(2, LEAT_RETRY);
    rig.below.settle(3, LEAT_ABANDON);
    rig.below.settle(4, LEAT_ACK, LEAT_DROPPED);
    REQUIRE(rig.told.all.size() == 5);
    CHECK(rig.told.count(LEAT_ACK) == 1);
    CHECK(rig.told.count(LEAT_ACK, LEAT_DISCARDED) == 1);
    CHECK(rig.told.count(LEAT_RETRY) == 1);
    CHECK(rig.told.count(LEAT_ABANDON) == 1);
    CHECK(rig.told.count(LEAT_ACK, LEAT_DROPPED) == 1);
    CHECK(rig.me.counters.at("ignored") == 1);
}

TEST_CASE("retries: what is to be tried again is ignored, too") {
    StageRig rig;
    make(rig, [](IgnoreErrors& stage) { stage.retries = true; });
    rig.push(std::vector<Plain>(2));
    rig.below.settle(0, LEAT_RETRY);
    rig.below.settle(1, 77);  // unknown: a retry
    CHECK(rig.told.count(LEAT_ACK, LEAT_DISCARDED) == 2);
}

TEST_CASE("reasons: only failures whose reason contains one of them") {
    StageRig rig;
    make(rig, [](IgnoreErrors& stage) { stage.reasons = {"too large", "no JSON"}; });
    rig.push(std::vector<Plain>(3));
    settle(rig, 0, LEAT_REJECT, "the payload is no JSON: byte 3");
    settle(rig, 1, LEAT_REJECT, "not authorised");
    rig.below.settle(2, LEAT_REJECT);
    CHECK(rig.told.count(LEAT_ACK, LEAT_DISCARDED) == 1);
    CHECK(rig.told.count(LEAT_REJECT) == 2);
}

TEST_CASE("each reason is told once when it is new, and with its number at the end; their memory is bounded") {
    StageRig rig;
    IgnoreErrors& stage = make(rig);
    rig.push(std::vector<Plain>(200));
    for (size_t i = 0; i < 100; ++i) settle(rig, i, LEAT_REJECT, i % 2 ? "odd" : "even");
    CHECK(logged(rig, "of this kind: odd") == 1);
    for (size_t i = 100; i < 200; ++i) settle(rig, i, LEAT_REJECT, ("number " + std::to_string(i)).c_str());
    CHECK(logged(rig, "of this kind") == Reasons::kMost);
    stage.c()->stop(stage.c());
    CHECK(logged(rig, "ignored 50 times: odd") == 1);
    CHECK(logged(rig, "ignored 70 times: other reasons") == 1);
}

TEST_CASE("stop waits for what is below") {
    StageRig rig;
    IgnoreErrors& stage = make(rig);
    rig.push(std::vector<Plain>(1));
    stage.c()->stop(stage.c());
    rig.push(std::vector<Plain>(1), 1);
    rig.host.run();
    CHECK_FALSE(rig.me.stopped);
    rig.below.settle_all(LEAT_ABANDON);
    rig.host.run();
    CHECK(rig.me.stopped);
    CHECK(rig.told.count(LEAT_ABANDON) == 2);
}
