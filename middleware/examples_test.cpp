// Runs the example of every stage, as it stands in its folder and in its reference page.
//
//   middleware/NAME/example.json    a configuration with one route, in which the stage is used
//   middleware/NAME/expected.json   { "send": [messages], "expect": [what becomes of them], "unordered": false }
//
// A message is { "topic", "key", "headers", "payload" }; a payload is a string, or JSON, or {"base64": "..."}. Of
// what is expected only the members named are compared: "outcome" (by default "lands"), "where", "topic", "key",
// "payload", "headers"; null: must be absent; {"matches": "regex"} instead of a text that is made at random.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "support/folder.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"

using namespace leat::test;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

Json parse(const fs::path& file) {
    const std::string text = read_file(file);
    CAPTURE(file.string());
    Json json = Json::parse(text, nullptr, false, true);
    REQUIRE_MESSAGE(!json.is_discarded(), "no JSON: ", file.string());
    return json;
}

bool is_only(const Json& value, const char* name) {
    return value.is_object() && value.size() == 1 && value.contains(name);
}

// The line that `leat try --messages` reads.
std::string line_of(Json message) {
    if (message.contains("payload") && is_only(message["payload"], "base64")) {
        message["payload_base64"] = message["payload"]["base64"];
        message.erase("payload");
    }
    return message.dump() + "\n";
}

bool matches_text(const Json& wanted, const Json& found) {
    if (wanted.is_null()) return found.is_null();
    if (!found.is_string()) return false;
    const auto text = found.get<std::string>();
    if (is_only(wanted, "matches")) return std::regex_match(text, std::regex(wanted["matches"].get<std::string>()));
    if (wanted.is_string()) return text == wanted.get<std::string>();
    return Json::parse(text, nullptr, false) == wanted;
}

bool matches_headers(const Json& wanted, const Json& found) {
    return std::all_of(wanted.items().begin(), wanted.items().end(), [&](const auto& header) {
        const auto has_name = [&](const Json& each) { return each["name"] == header.key(); };
        const auto at = std::find_if(found.begin(), found.end(), has_name);
        return matches_text(header.value(), at == found.end() ? Json() : (*at)["value"]);
    });
}

bool matches_member(const std::string& name, const Json& wanted, const Json& result) {
    if (name == "headers") return matches_headers(wanted, result["headers"]);
    if (name == "payload" && is_only(wanted, "base64")) {
        return result.contains("payload_base64") && result["payload_base64"] == wanted["base64"];
    }
    // What a sink's own option decides is what it sends.
    if (result["options"].contains(name)) return matches_text(wanted, result["options"][name]);
    return matches_text(wanted, result.contains(name) ? result[name] : Json());
}

bool matches(const Json& expected, const Json& result) {
    if (result["outcome"] != expected.value("outcome", "lands")) return false;
    return std::all_of(expected.items().begin(), expected.items().end(), [&](const auto& member) {
        return member.key() == "outcome" || matches_member(member.key(), member.value(), result);
    });
}

// Each expected result is there, in its place or, unordered, in any.
void compare(const Json& expected, Json results, bool unordered) {
    CHECK(results.size() == expected.size());
    for (const Json& each : expected) {
        const auto end = unordered || results.empty() ? results.end() : results.begin() + 1;
        const auto found = std::find_if(results.begin(), end, [&](const Json& r) { return matches(each, r); });
        CHECK_MESSAGE(found != end, "expected ", each.dump(), ", but got ",
                      unordered || results.empty() ? results.dump() : results.front().dump());
        if (found != end) {
            results.erase(found);
        } else if (!unordered && !results.empty()) {
            results.erase(results.begin());
        }
    }
}

void run_example(const fs::path& folder) {
    const Folder scratch;
    const std::string config = (folder / "example.json").string();
    if (run({host(), "check", config}, scratch / "check") != 0) {
        FAIL_CHECK("the example is wrong: ", read_file(scratch / "check"));
        return;
    }
    CHECK_MESSAGE(read_file(scratch / "check").find("warning") == std::string::npos, read_file(scratch / "check"));
    const Json routes = parse(config)["routes"];
    CHECK(routes.size() == 1);
    const Json expected = parse(folder / "expected.json");
    CHECK_FALSE(expected["send"].empty());
    CHECK_FALSE(expected["expect"].empty());
    std::string lines;
    for (const Json& message : expected["send"]) lines += line_of(message);
    const std::string messages = scratch.write("messages", lines);
    run({"sh", "-c", "exec \"$0\" try \"$1\" \"$2\" --messages \"$3\" --json 2>\"$4\"", host(), config,
         routes.begin().key(), messages, scratch / "errors"},
        scratch / "results");
    const Json results = Json::parse(read_file(scratch / "results"), nullptr, false);
    if (!results.is_array()) {
        FAIL_CHECK("it was not tried: ", read_file(scratch / "errors"), read_file(scratch / "results"));
        return;
    }
    compare(expected["expect"], results, expected.value("unordered", false));
}

}  // namespace

TEST_CASE("the example of every stage does what it says") {
    size_t stages = 0;
    for (const auto& entry : fs::directory_iterator(source_file("middleware"))) {
        if (read_file(entry.path() / "CMakeLists.txt").find("leat_plugin(") == std::string::npos) continue;
        ++stages;
        CAPTURE(entry.path().filename().string());
        CHECK(fs::exists(entry.path() / "README.md"));
        if (!fs::exists(entry.path() / "example.json") || !fs::exists(entry.path() / "expected.json")) {
            FAIL_CHECK("has no example.json and expected.json: ", entry.path().string());
            continue;
        }
        run_example(entry.path());
    }
    MESSAGE("stages with examples: ", stages);
}

TEST_CASE("what is expected is compared, not only looked for") {
    const Json result = {{"where", "to out"},
                         {"outcome", "lands"},
                         {"options", {{"topic", "sent"}}},
                         {"topic", "t"},
                         {"key", nullptr},
                         {"payload", "{\"a\": 1}"},
                         {"headers", {{{"name", "h"}, {"value", "v17"}}}}};
    CHECK(matches(Json::parse(R"({"payload": {"a": 1}, "key": null, "topic": "sent"})"), result));
    CHECK(matches(Json::parse(R"({"headers": {"h": {"matches": "v\\d+"}, "none": null}})"), result));
    for (const char* wrong : {R"({"payload": {"a": 2}})", R"({"payload": "{\"a\":1}"})", R"({"topic": "t"})",
                              R"({"key": "k"})", R"({"outcome": "dropped"})", R"({"where": "to[1] out"})",
                              R"({"headers": {"h": null}})", R"({"headers": {"h": {"matches": "v"}}})",
                              R"({"headers": {"other": "x"}})", R"({"payload": {"base64": "eA=="}})"}) {
        CAPTURE(wrong);
        CHECK_FALSE(matches(Json::parse(wrong), result));
    }
}
