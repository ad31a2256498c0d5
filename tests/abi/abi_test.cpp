// Plugins from elsewhere: broken, foreign, too new, of another time. Each is refused in words or works; none crashes.
#include <doctest/doctest.h>

#include <leat/plugin.h>
#include <sys/stat.h>

#include <algorithm>
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

// Whatever a broken copy or a full disk has left of it.
TEST_CASE("a library that was cut short is refused in words, wherever it ends") {
    const leat::test::Folder folder;
    const fs::path base = folder.path(), whole = fs::path(LEAT_PLUGINS) / "leat_generate.so";
    std::vector<std::string> names;
    constexpr uintmax_t kParts = 32;
    for (uintmax_t parts = kParts; parts > 0; --parts) {
        const uintmax_t size = fs::file_size(whole) / kParts * parts;
        names.push_back("leat_cut_to_" + std::to_string(size) + ".so");
        fs::copy_file(whole, base / names.back());
        fs::resize_file(base / names.back(), size);
    }
    const std::vector<std::string> refusals = refusals_of(base.string());
    size_t cut_short = 0;
    for (const std::string& name : names) {
        const auto refusal = std::find_if(refusals.begin(), refusals.end(), [&](const std::string& text) {
            return text.find(name) != std::string::npos && text.find("is cut short") != std::string::npos;
        });
        if (refusal != refusals.end()) ++cut_short;
    }
    CHECK(cut_short >= 2);  // of a library with much for debuggers, which nobody maps, a small part is needed
    CHECK(cut_short < names.size());
}

TEST_CASE("a folder, a pipe, an empty file and a library that needs another are refused with what is wrong") {
    const leat::test::Folder folder;
    const fs::path base = folder.path();
    fs::create_directory(base / "leat_folder.so");
    REQUIRE(::mkfifo((base / "leat_pipe.so").c_str(), 0600) == 0);
    std::ofstream(base / "leat_empty.so").flush();
    fs::copy_file(kBad / "bad_symbol.so", base / "leat_symbol.so");
    std::string all;
    for (const std::string& refusal : refusals_of(base.string())) all += refusal + "\n";
    CHECK(says(all, {"leat_folder.so is not used: it is a folder", "leat_pipe.so is not used: it is no file",
                     "leat_empty.so is not used: it is empty", "undefined symbol: nobody_has_this"}));
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
