#include "set.hpp"

#include "support/stage_model.hpp"

using namespace leat::test;
using leat::set::Set;

namespace {

std::vector<Plain> messages() {
    std::vector<Plain> all;
    for (uint32_t i = 0; i < 500; ++i) {
        Plain m{.topic = "a" + std::to_string(i % 5), .payload = "p" + std::to_string(i), .lane = i % 3, .flags = i};
        if (i % 6 == 0) m.key.reset();
        if (i % 7 != 0) m.headers.emplace_back("unit", "C");
        if (i % 4 == 0) m.headers.emplace_back("x-1", "1"), m.headers.emplace_back("x-2", std::nullopt);
        if (i % 8 == 0) m.headers.emplace_back("x-1", "twice");
        all.push_back(std::move(m));
    }
    return all;
}

}  // namespace

TEST_CASE("parts are set from the message as it came, so they may change places") {
    StageModel<Set> test([](Set& stage, StageRig& rig) {
        stage.topic = rig.fill_in("${key}");
        stage.key = rig.fill_in("${topic}");
        stage.payload = rig.fill_in("${payload} of ${topic}");
        stage.headers.emplace_back("from", rig.fill_in("${topic}/${key}"));
        stage.headers.emplace_back("unit", rig.fill_in("was ${header:unit}"));
    });
    test.check(
        [](const Plain& m) {
            if (!m.key) return rejected("topic: a value is missing");
            if (!m.header("unit")) return rejected("unit: a value is missing");
            Plain n = m;
            n.topic = *m.key;
            n.key = m.topic;
            n.payload = *m.payload + " of " + m.topic;
            n.set_header("from", m.topic + "/" + *m.key);
            n.set_header("unit", "was C");
            return passed(n);
        },
        messages());
}

TEST_CASE("headers are taken away by name and by beginning, all of a name") {
    StageModel<Set> test([](Set& stage, StageRig&) { stage.remove_headers = {"unit", "x-*"}; });
    test.check(
        [](Plain m) {
            m.headers.clear();
            return passed(m);
        },
        messages());
    StageModel<Set> one([](Set& stage, StageRig& rig) {
        stage.remove_headers = {"x-1", "x"};
        stage.headers.emplace_back("x-1", rig.fill_in("new"));
    });
    one.check(
        [](Plain m) {
            std::erase_if(m.headers, [](const auto& h) { return h.first == "x-1"; });
            m.headers.emplace_back("x-1", "new");
            return passed(m);
        },
        messages());
}

TEST_CASE("an empty topic is rejected") {
    StageModel<Set> test([](Set& stage, StageRig& rig) { stage.topic = rig.fill_in("${payload}"); });
    std::vector<Plain> all(100);
    test.check([](const Plain&) { return rejected("the new topic is empty"); }, all);
}

TEST_CASE("a message with headers without number is not searched through") {
    StageModel<Set> test([](Set& stage, StageRig&) { stage.remove_headers = {"x-*"}; });
    Plain many;
    for (int i = 0; i < 1025; ++i) many.headers.emplace_back("x-" + std::to_string(i), "");
    Plain fewer = many;
    fewer.headers.pop_back();
    test.check(
        [](Plain m) {
            if (m.headers.size() > 1024) return rejected("more than 1024 headers");
            m.headers.clear();
            return passed(m);
        },
        {many, fewer, many});
}

TEST_CASE("without options everything passes as it is") {
    StageModel<Set>([](Set&, StageRig&) {}).check([](const Plain& m) { return passed(m); }, messages());
}
