// Plugins from elsewhere: broken, foreign, too new, of another time. Each is refused in words or works; none crashes.
#include <doctest/doctest.h>

#include <leat/plugin.h>
#include <filesystem>
#include <fstream>
#include <leat/host.hpp>
#include <string>
#include <vector>

#include "support/folder.hpp"

namespace fs = std::filesystem;

namespace {

std::vector<std::string> refusals_of(const std::string& directory) {
    leat::Host host({.plugin_dirs = {directory}, .log = {}});
    std::vector<std::string> refusals;
    host.plugins(refusals);
    return refusals;
}

// The refusal of one library, alone in a folder.
std::string refusal_of(const fs::path& library) {
    const leat::test::Folder folder;
    fs::copy_file(library, fs::path(folder.path()) / library.filename());
    for (const std::string& refusal : refusals_of(fs::path(folder.path()).string())) {
        if (refusal.find(library.filename().string()) != std::string::npos) return refusal;
    }
    return "";
}

bool says(const std::string& refusal, std::initializer_list<const char*> words) {
    for (const char* word : words) {
        INFO("looking for: ", word, " in: ", refusal);
        CHECK(refusal.find(word) != std::string::npos);
        if (refusal.find(word) == std::string::npos) return false;
    }
    return true;
}

const fs::path kBad = LEAT_BAD_PLUGINS;

}  // namespace

TEST_CASE("a library built for a newer interface is refused with both versions") {
    const std::string minor = std::to_string(LEAT_ABI_MINOR);
    const std::string host = "speaks 1." + minor, theirs = "interface 7." + minor;
    CHECK(says(refusal_of(kBad / "bad_minor.so"), {"bad_minor.so", "1.99", host.c_str(), "newer leat"}));
    CHECK(says(refusal_of(kBad / "bad_major.so"), {"bad_major.so", theirs.c_str(), host.c_str()}));
}

TEST_CASE("a library that is no plugin, and a file that is no library, are refused in words") {
    CHECK(says(refusal_of(kBad / "bad_entry.so"), {"bad_entry.so", "no Leat plugin", "leat_plugin_entry"}));
    const leat::test::Folder folder;
    const fs::path garbage = fs::path(folder.path()) / "leat_garbage.so";
    std::ofstream(garbage) << "this is not ELF";
    const fs::path truncated = fs::path(folder.path()) / "leat_truncated.so";
    fs::copy_file(kBad / "bad_minor.so", truncated);
    fs::resize_file(truncated, 512);
    const auto refusals = refusals_of(fs::path(folder.path()).string());
    size_t found = 0;
    for (const std::string& refusal : refusals) {
        if (refusal.find("leat_garbage.so") != std::string::npos) ++found;
        if (refusal.find("leat_truncated.so") != std::string::npos) ++found;
    }
    CHECK(found == 2);
}

TEST_CASE("an incomplete description and an option of an unknown type refuse the plugin with the reason") {
    CHECK(says(refusal_of(kBad / "bad_descriptor.so"), {"incomplete"}));
    CHECK(says(refusal_of(kBad / "bad_option.so"), {"strange", "99"}));
}

TEST_CASE("a configuration that asks for a refused plugin says which library was refused, and why") {
    const leat::test::Folder folder;
    fs::copy_file(kBad / "bad_minor.so", fs::path(folder.path()) / "leat_from_tomorrow.so");
    const fs::path config = fs::path(folder.path()) / "c.json";
    std::ofstream(config) << R"({"backends": {"a": {"plugin": "from_tomorrow"}}, "routes": {}})";
    leat::Host host({.plugin_dirs = {fs::path(folder.path()).string()}, .log = {}});
    const leat::Findings findings = host.load(config.string());
    REQUIRE(findings.has_errors());
    std::string all;
    for (const auto& finding : findings.all) all += finding.text + "\n";
    CHECK(says(all, {"from_tomorrow", "1.99"}));
}

TEST_CASE("a plugin built against the header of interface 1.0 loads and works") {
    leat::Host host({.plugin_dirs = {LEAT_OLD_PLUGINS}, .log = {}});
    const leat::test::Folder folder;
    const fs::path config = fs::path(folder.path()) / "c.json";
    std::ofstream(config) << R"({"backends": {"in": {"plugin": "generate"}, "out": {"plugin": "console"}},
        "routes": {"r": {"from": {"backend": "in", "count": 10}, "through": [{"plugin": "old_pass"}],
                         "to": {"backend": "out", "format": "null"}}}})";
    const leat::Findings findings = host.load(config.string());
    for (const auto& finding : findings.all) INFO(finding.text);
    REQUIRE(!findings.has_errors());
    std::string error;
    const auto results = host.try_messages("r", {{.topic = "t", .key = {}, .payload = "p", .headers = {}}}, error);
    REQUIRE(error == "");
    REQUIRE(results.size() == 1);
    CHECK(results[0].outcome == "lands");
    CHECK(results[0].message.payload == "p");
}

TEST_CASE("a stage that cannot be made fails its route with the plugin's words") {
    leat::Host host({.plugin_dirs = {LEAT_OLD_PLUGINS, kBad.string()}, .log = {}});
    const leat::test::Folder folder;
    const fs::path config = fs::path(folder.path()) / "c.json";
    std::ofstream(config) << R"({"backends": {"in": {"plugin": "generate"}, "out": {"plugin": "console"}},
        "routes": {"r": {"from": {"backend": "in", "count": 10}, "through": [{"plugin": "never_works"}],
                         "to": {"backend": "out", "format": "null"}}}})";
    REQUIRE(!host.load(config.string()).has_errors());
    std::string error;
    CHECK(host.try_messages("r", {{.topic = "t", .key = {}, .payload = "p", .headers = {}}}, error).empty());
    CHECK(says(error, {"this one never works"}));
}

TEST_CASE("a component that is smaller than the interface ever was is refused, and never called") {
    leat::Host host({.plugin_dirs = {LEAT_OLD_PLUGINS, kBad.string()}, .log = {}});
    const leat::test::Folder folder;
    const fs::path config = fs::path(folder.path()) / "c.json";
    std::ofstream(config) << R"({"backends": {"in": {"plugin": "generate"}, "out": {"plugin": "console"}},
        "routes": {"r": {"from": {"backend": "in", "count": 10}, "through": [{"plugin": "too_small"}],
                         "to": {"backend": "out", "format": "null"}}}})";
    REQUIRE(!host.load(config.string()).has_errors());
    std::string error;
    CHECK(host.try_messages("r", {{.topic = "t", .key = {}, .payload = "p", .headers = {}}}, error).empty());
    CHECK(says(error, {"too_small", "smaller than the first version"}));
}
