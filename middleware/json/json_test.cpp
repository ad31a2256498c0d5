#include "json.hpp"

#include "support/stage_model.hpp"

using namespace leat::test;
using leat::json::Fields;
using leat::json::Json;
using leat::json::Missing;
using leat::json::Type;

namespace {

using Configure = std::function<void(Fields&, StageRig&)>;

// One payload through one stage: the new payload, or "!" and the reason.
std::string changed(const Configure& configure, const std::string& payload) {
    StageRig rig;
    rig.make<Fields>(configure);
    rig.push({Plain{.topic = "plant/d7", .key = "k", .payload = payload}});
    std::string out;
    if (!rig.me.failures.empty()) {
        out = "!" + rig.me.failures[0].reason;
        rig.me.settle(0, LEAT_REJECT);
    } else {
        out = rig.below.payloads.at(0);
    }
    return out;
}

std::string cast_of(const char* text, Type to) {
    Json value = Json::parse(text);
    std::string why;
    return leat::json::cast(value, to, why) ? value.dump() : "!" + why;
}

}  // namespace

TEST_CASE("what is picked stays in the shape that it had") {
    const auto pick = [](std::vector<std::string> paths, Missing missing = Missing::skip) -> Configure {
        return [=](Fields& stage, StageRig&) { stage.pick = paths, stage.missing = missing; };
    };
    CHECK(changed(pick({"/a", "/b/c"}), R"({"a":1,"b":{"c":2,"d":3},"e":4})") == R"({"a":1,"b":{"c":2}})");
    CHECK(changed(pick({"/b", "/b/c"}), R"({"b":{"c":2,"d":3}})") == R"({"b":{"c":2,"d":3}})");
    CHECK(changed(pick({"/l/10/x", "/l/2/x"}), R"({"l":[0,1,{"x":2},3,4,5,6,7,8,9,{"x":10,"y":0}]})") ==
          R"({"l":[{"x":2},{"x":10}]})");
    CHECK(changed(pick({"/a", "/n", "/s/x"}), R"({"a":1,"s":"text"})") == R"({"a":1})");
    CHECK(changed(pick({"/n/m"}, Missing::reject), R"({"n":{}})") == "!/n/m: there is no such field");
    CHECK(changed(pick({"/a"}), "17") == "!pick: the payload is a number and has no fields");
    CHECK(changed(pick({"/0"}), "[1,2]") == "[1]");
}

TEST_CASE("drop, rename, add and cast follow each other") {
    const Configure all = [](Fields& stage, StageRig& rig) {
        stage.drop = {"/debug"};
        stage.rename = {{"/v", "/value"}, {"/id", "/device/id"}};
        stage.add.emplace_back("/device/site", rig.fill_in("${topic}"));
        stage.add.emplace_back("/n", rig.fill_in("17"));
        stage.cast_to = {{"/n", "integer"}, {"/value", "number"}};
    };
    CHECK(changed(all, R"({"v":"1.5","id":"x","debug":[1]})") ==
          R"({"device":{"id":"x","site":"plant/d7"},"n":17,"value":1.5})");
    CHECK(changed(all, R"({"v":"warm"})") == "!cast: /value: \"warm\" is no number");
    CHECK(changed(all, R"({"device":3,"id":1})") == "!rename: /device/id: a number stands in the way");
    CHECK(changed(all, "[]") == "!add: /device/site: the array there has 0 elements");
    CHECK(changed(all, "{").find("!the payload is no JSON that can be read: byte 2") == 0);
    CHECK(changed(all, std::string(1'000'000, '[')).find("nests deeper") != std::string::npos);
    CHECK(changed(all, R"({"x":123456789012345678901234567890})").find("beyond 64 bits") != std::string::npos);
}

TEST_CASE("a value that a template cannot give, or that is no UTF-8, rejects") {
    const auto add = [](std::string text) -> Configure {
        return [=](Fields& stage, StageRig& rig) { stage.add.emplace_back("/a", rig.fill_in(text)); };
    };
    CHECK(changed(add("${header:none}"), "{}") == "!add: /a: a value is missing");
    CHECK(changed(add("\xff"), "{}") == "!add: /a: the value is no UTF-8");
}

TEST_CASE("casts: what can be is made, what cannot be says so") {
    CHECK(cast_of("\"42\"", Type::integer) == "42");
    CHECK(cast_of("\"18446744073709551615\"", Type::integer) == "18446744073709551615");
    CHECK(cast_of("42.0", Type::integer) == "42");
    CHECK(cast_of("true", Type::integer) == "1");
    CHECK(cast_of("42.5", Type::integer) == "!42.5 is no integer");
    CHECK(cast_of("1e300", Type::integer) == "!1e+300 is no integer");
    CHECK(cast_of("9223372036854775808.0", Type::integer).front() == '!');
    CHECK(cast_of("\" 42\"", Type::integer).front() == '!');
    CHECK(cast_of("\"\"", Type::number).front() == '!');
    CHECK(cast_of("\"1e999\"", Type::number).front() == '!');
    CHECK(cast_of("\"inf\"", Type::number).front() == '!');
    CHECK(cast_of("\"-2.5e3\"", Type::number) == "-2500.0");
    CHECK(cast_of("7", Type::number) == "7");
    CHECK(cast_of("\"true\"", Type::boolean) == "true");
    CHECK(cast_of("0", Type::boolean) == "false");
    CHECK(cast_of("2", Type::boolean).front() == '!');
    CHECK(cast_of("1.5", Type::string) == "\"1.5\"");
    CHECK(cast_of("[1,null]", Type::string) == "\"[1,null]\"");
    CHECK(cast_of("null", Type::string) == "!null is no string");
    CHECK(cast_of("{}", Type::number) == "!{} is no number");
}

TEST_CASE("a wrong option is refused in words before anything runs") {
    const auto fails = [](const Configure& configure, const char* words) {
        StageRig rig;
        CHECK_THROWS_WITH(rig.make<Fields>(configure), doctest::Contains(words));
    };
    fails([](Fields& s, StageRig&) { s.pick = {"a"}; }, "pick: \"a\" is no JSON pointer");
    fails([](Fields& s, StageRig&) { s.drop = {""}; }, "drop: \"\" is the whole payload");
    fails([](Fields& s, StageRig&) { s.cast_to = {{"/a", "int"}}; }, "there is no type \"int\"");
}

TEST_CASE("random payloads come out as one alone would") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::vector<Plain> messages;
    for (uint32_t i = 0; i < 500; ++i) {
        Json value{{"n", random() % 100}, {"text", std::to_string(random())}, {"list", {1, 2, 3}}};
        if (i % 4) value["drop"] = {{"a", nullptr}};
        if (i % 9 == 0) value["n"] = "x";
        messages.push_back({.key = "k" + std::to_string(i), .payload = value.dump(2), .lane = i % 4, .flags = i});
        if (i % 10 == 0) messages.back().payload.reset();
        if (i % 11 == 0) messages.back().payload = "{\"cut\":";
    }
    StageModel<Fields> test([](Fields& stage, StageRig& rig) {
        stage.drop = {"/drop"};
        stage.rename = {{"/text", "/t"}};
        stage.add.emplace_back("/key", rig.fill_in("${key}"));
        stage.cast_to = {{"/n", "string"}, {"/n", "integer"}};
    });
    test.check(
        [](Plain m) {
            if (!m.payload) return passed(m);
            Json value = Json::parse(*m.payload, nullptr, false);
            if (value.is_discarded()) return rejected("no JSON");
            value.erase("drop");
            value["t"] = value["text"];
            value.erase("text");
            value["key"] = *m.key;
            if (value["n"] == "x") return rejected("cast: /n: \"x\" is no integer");
            m.payload = value.dump();
            return passed(m);
        },
        messages);
}
