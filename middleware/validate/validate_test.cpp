#include "validate.hpp"

#include "support/folder.hpp"
#include "support/stage_model.hpp"

using namespace leat::test;
using namespace leat::validate;

namespace {

std::vector<Plain> messages() {
    const Plain::Text payloads[] = {
        R"({"id":"a"})",           R"({"id":1})",      "{}", "{", "17", std::nullopt, "\xc3\xa9", "", "\xff", "[1]",
        std::string(100'000, '['), "{\"id\":\"\xc3\"}"};
    std::vector<Plain> all;
    for (uint32_t i = 0; i < 500; ++i) {
        all.push_back({.payload = payloads[i * 5 % std::size(payloads)], .lane = i % 3, .flags = i});
    }
    return all;
}

}  // namespace

TEST_CASE("what is well-formed passes as it is, the rest is rejected") {
    StageModel<Validate> json([](Validate&, StageRig&) {});
    json.check(
        [](const Plain& m) {
            if (!m.payload) return rejected("there is no payload");
            return m.payload->size() < 1000 && Json::accept(*m.payload) ? passed(m) : rejected("no JSON");
        },
        messages());
    StageModel<Validate> text(
        [](Validate& stage, StageRig&) { stage.format = Format::utf8, stage.tombstones = true; });
    text.check(
        [](const Plain& m) {
            const bool is_bad = m.payload && m.payload->find_first_of("\xff") != std::string::npos;
            const bool is_cut = m.payload == "{\"id\":\"\xc3\"}";
            return is_bad || is_cut ? rejected("the payload is no UTF-8: byte ") : passed(m);
        },
        messages());
}

TEST_CASE("what follows the schema passes as it is") {
    const Folder folder;
    const std::string file =
        folder.write("schema.json", R"({"required":["id"],"properties":{"id":{"type":"string"}}})");
    StageModel<Validate> test([&](Validate& stage, StageRig&) { stage.schema.text = file; });
    test.check(
        [](const Plain& m) {
            if (!m.payload) return rejected("there is no payload");
            const std::string text = m.payload->size() < 1000 ? *m.payload : "";
            const Json value = Json::parse(text, nullptr, false);
            if (value.is_discarded()) return rejected("no JSON");
            if (!value.is_object()) return passed(m);
            if (!value.contains("id")) return rejected("it lacks \"id\"");
            return value["id"].is_string() ? passed(m) : rejected("/id: is of type integer, not string");
        },
        messages());
}

TEST_CASE("a schema that is not there or no JSON is refused in words") {
    const Folder folder;
    const auto fails = [&](const std::string& file, const char* words) {
        StageRig rig;
        CHECK_THROWS_WITH(rig.make<Validate>([&](Validate& stage, StageRig&) { stage.schema.text = file; }),
                          doctest::Contains(words));
    };
    fails(folder / "none", "cannot be read");
    fails(folder.write("bad", "{"), "no JSON");
}
