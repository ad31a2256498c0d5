#include "correlation.hpp"

#include <regex>
#include <set>

#include "support/stage_model.hpp"

using namespace leat::correlation;
using namespace leat::test;

namespace {

std::vector<Plain> messages() {
    std::vector<Plain> all;
    for (uint32_t i = 0; i < 500; ++i) {
        all.push_back({.key = "k" + std::to_string(i), .headers = {{"n", std::to_string(i)}}, .lane = i % 3});
        if (i % 3 == 0) all.back().set_header("trace", "mine-" + std::to_string(i));
        if (i % 17 == 0) all.back().key.reset();
    }
    return all;
}

}  // namespace

TEST_CASE("an id that is there is passed on; otherwise it is made by the template, or the message is rejected") {
    StageModel<Correlation> test([](Correlation& stage, StageRig& rig) {
        stage.header = "trace";
        stage.id = rig.fill_in("made/${key}");
    });
    test.check(
        [](Plain m) {
            if (m.header("trace")) return passed(m);
            if (!m.key) return rejected();
            m.set_header("trace", "made/" + *m.key);
            return passed(m);
        },
        messages());
}

TEST_CASE("without a template the id is a UUID, another one for each message") {
    StageRig rig;
    rig.below.answers_at_once = false;
    rig.make<Correlation>([](Correlation&, StageRig&) {});
    std::vector<Plain> all(200);
    rig.push(all);
    std::set<std::string> ids;
    const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    for (const Plain& m : rig.out()) {
        REQUIRE(m.header("correlation-id"));
        CHECK(std::regex_match(*m.header("correlation-id"), form));
        ids.insert(*m.header("correlation-id"));
    }
    CHECK(ids.size() == 200);
}

TEST_CASE("where all have an id, all pass as they are") {
    std::vector<Plain> all = messages();
    for (Plain& m : all) m.set_header("trace", "mine");
    StageModel<Correlation> test([](Correlation& stage, StageRig&) { stage.header = "trace"; });
    test.check([](const Plain& m) { return passed(m); }, all);
}

TEST_CASE("the time stands in front of a UUID, as RFC 9562 has it") {
    IdMaker maker(1);
    // 2022-02-22 19:22:22 UTC, the example of its appendix A.6
    CHECK(maker.make(std::chrono::milliseconds(0x017F22E279B0)).substr(0, 13) == "017f22e2-79b0");
}
