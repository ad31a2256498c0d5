#include "limit_size.hpp"

#include "support/stage_model.hpp"

using namespace leat::limit_size;
using namespace leat::test;

namespace {

std::vector<Plain> messages() {
    std::vector<Plain> all;
    for (uint32_t i = 0; i < 500; ++i) {
        all.push_back(
            {.payload = std::string(i * 7 % 21, 'x'), .headers = {{"n", std::to_string(i)}}, .lane = i % 3});
        if (i % 13 == 0) all.back().payload.reset();
    }
    return all;
}

StageModel<LimitSize> limit(Larger larger, bool text = false) {
    return StageModel<LimitSize>([=](LimitSize& stage, StageRig&) {
        stage.max = {10};
        stage.larger = larger;
        stage.text = text;
    });
}
bool fits(const Plain& m) { return !m.payload || m.payload->size() <= 10; }

}  // namespace

TEST_CASE("a payload of the limit passes; a larger one is rejected with both sizes") {
    limit(Larger::reject)
        .check(
            [](const Plain& m) {
                if (fits(m)) return passed(m);
                return rejected("has " + std::to_string(m.payload->size()) + " bytes; the limit is 10");
            },
            messages());
}

TEST_CASE("larger: drop ends it on purpose") {
    limit(Larger::drop).check([](const Plain& m) { return fits(m) ? passed(m) : dropped(); }, messages());
}

TEST_CASE("larger: truncate leaves what fits; an absent payload stays absent") {
    limit(Larger::truncate)
        .check(
            [](Plain m) {
                if (!fits(m)) m.payload->resize(10);
                return passed(m);
            },
            messages());
}

TEST_CASE("text: no letter is cut in two") {
    const auto cut = [](std::string payload) {
        StageRig rig;
        rig.below.answers_at_once = true;
        rig.make<LimitSize>([](LimitSize& stage, StageRig&) {
            stage.max = {4};
            stage.larger = Larger::truncate;
            stage.text = true;
        });
        rig.push({Plain{.payload = payload}});
        CHECK(rig.me.counters.at("truncated") == 1);
        return rig.below.payloads.at(0);
    };
    CHECK(cut("abcdef") == "abcd");
    CHECK(cut("abc\xc3\xa4") == "abc");
    CHECK(cut("ab\xc3\xa4x") == "ab\xc3\xa4");
    CHECK(cut("a\xf0\x9f\x98\x80") == "a");
    CHECK(cut("\x80\x80\x80\x80\x80") == "\x80");
}
