#include "filter.hpp"

#include "support/stage_model.hpp"

using namespace leat::filter;
using namespace leat::test;
using Answer = leat::Condition::Answer;

namespace {

// yes, no, or it cannot be told: as the payload says.
Answer as_said(const leat_message& m) {
    const auto text = leat::view(m.payload);
    return text == "yes" ? Answer::yes : text == "no" ? Answer::no : Answer::unknown;
}

std::vector<Plain> messages() {
    const char* kinds[] = {"yes", "no", "yes", "perhaps", "yes", "no", "yes"};
    std::vector<Plain> all;
    for (uint32_t i = 0; i < 500; ++i) {
        all.push_back({.payload = kinds[i * 5 % 7], .headers = {{"n", std::to_string(i)}}, .lane = i % 3});
    }
    return all;
}

}  // namespace

TEST_CASE("a message passes when the condition holds, is dropped when not, rejected when it cannot be told") {
    StageModel<Filter> test([](Filter& stage, StageRig& rig) { stage.condition = rig.condition(as_said); });
    test.check(
        [](const Plain& m) {
            if (m.payload == "yes") return passed(m);
            return m.payload == "no" ? dropped() : rejected("cannot be told");
        },
        messages());
}

TEST_CASE("otherwise: reject gives back what does not pass") {
    StageModel<Filter> test([](Filter& stage, StageRig& rig) {
        stage.condition = rig.condition(as_said);
        stage.otherwise = Otherwise::reject;
    });
    test.check(
        [](const Plain& m) {
            if (m.payload == "yes") return passed(m);
            return rejected(m.payload == "no" ? "does not hold" : "cannot be told");
        },
        messages());
}

TEST_CASE("signals pass") {
    StageRig rig;
    rig.make<Filter>([](Filter& stage, StageRig& r) { stage.condition = r.condition(as_said); });
    rig.signal(LEAT_SIGNAL_FLUSH);
    rig.signal(LEAT_SIGNAL_ABANDON_LANE, 3);
    CHECK(rig.below.signals == std::vector<uint32_t>{LEAT_SIGNAL_FLUSH, LEAT_SIGNAL_ABANDON_LANE});
}
