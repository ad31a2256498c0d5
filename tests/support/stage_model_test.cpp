#include "support/stage_model.hpp"

#include <doctest/doctest.h>
#include <leat/sdk/handler.hpp>

#include <algorithm>

using namespace leat::test;

namespace {

// Drops, refuses, doubles and changes messages; `Fault` is what it does wrong.
enum class Fault { none, forgets_header };

template <Fault fault>
struct Sample : leat::Handler {
    void handle(leat::Message& m) override {
        if (m.payload() == "drop") return m.drop();
        if (m.payload() == "bad") return m.reject("a bad payload");
        if (m.payload() == "double") m.emit(m.topic(), m.key(), "again");
        if constexpr (fault != Fault::forgets_header) m.set_header("seen", m.payload());
    }
};

struct Swapping : leat::Stage {
    void push(leat::Batch& batch) override {
        size_t n = 0;
        leat_message* all = batch.all(n);
        if (n > 1) std::swap(all[0], all[1]);
        pass(all, n);
    }
};

std::vector<Plain> messages() {
    std::vector<Plain> all;
    for (uint32_t i = 0; i < 500; ++i) {
        const char* kinds[] = {"a", "b", "drop", "bad", "double", "c"};
        all.push_back({.payload = kinds[i * 7 % 6], .headers = {{"n", std::to_string(i)}}, .lane = i % 3});
    }
    return all;
}

Fate model(Plain m) {
    if (m.payload == "drop") return dropped();
    if (m.payload == "bad") return rejected("bad");
    Plain itself = m;
    itself.set_header("seen", *m.payload);
    if (m.payload != "double") return passed(itself);
    m.payload = "again";
    return passed(std::vector{itself, m});
}

}  // namespace

TEST_CASE("a stage that does what the model says agrees with it") {
    StageModel<Sample<Fault::none>>([](auto&, StageRig&) {}).check(model, messages());
}

TEST_CASE("a stage that forgets a header does not agree" * doctest::should_fail()) {
    StageModel<Sample<Fault::forgets_header>>([](auto&, StageRig&) {}).check(model, messages());
}

TEST_CASE("a stage that swaps two messages of a lane does not agree" * doctest::should_fail()) {
    std::vector<Plain> all;
    for (int i = 0; i < 300; ++i) all.push_back({.payload = std::to_string(i)});
    StageModel<Swapping>([](auto&, StageRig&) {}).check([](const Plain& m) { return passed(m); }, all);
}

TEST_CASE("templates are filled in and conditions asked") {
    StageRig rig;
    auto both = rig.fill_in("${topic}/${key}-${header:h}");
    const leat_message m = rig.make_message({.topic = "a", .key = "b", .headers = {{"h", "c"}}}, 0);
    const auto filled = both(m);
    CHECK(filled.ok);
    CHECK(leat::view(filled.text) == "a/b-c");
    CHECK_FALSE(rig.fill_in("${header:none}")(m).ok);
    auto is_b = rig.condition([](const leat_message& each) {
        return leat::view(each.key) == "b" ? leat::Condition::Answer::yes : leat::Condition::Answer::no;
    });
    leat_bytes why{};
    CHECK(is_b(m, why) == leat::Condition::Answer::yes);
    leat_buffer_release(m.buffer, 1);
}
