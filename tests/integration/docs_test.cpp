// Every piece of JSON in the README and the pages of docs/, plugins/ and middleware/ is accepted by `leat check`:
// whole configurations as they stand, parts of one within a small one.
#include "integration/cli_scene.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <utility>
#include <vector>

using namespace leat::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kBackends = R"("backends": {
    "plant": { "plugin": "mqtt", "url": "mqtt://localhost", "client_id": "bridge" },
    "central": { "plugin": "kafka", "brokers": "localhost:9092" } })";
constexpr const char* kFrom = R"("from": { "backend": "plant", "topics": ["sensors/+/temp"] })";
constexpr const char* kTo = R"("to": { "backend": "central", "topic": "telemetry" })";

struct Block {
    std::string page, json;
    size_t line = 0;
};

std::vector<fs::path> pages() {
    std::vector<fs::path> all = {source_file("README.md")};
    for (const char* folder : {"docs", "plugins", "middleware", "examples"}) {
        for (const auto& entry : fs::recursive_directory_iterator(source_file(folder))) {
            if (entry.path().extension() == ".md") all.push_back(entry.path());
        }
    }
    return all;
}

std::vector<Block> blocks() {
    std::vector<Block> all;
    const std::string fence = "```json\n";
    for (const fs::path& page : pages()) {
        const std::string text = read_file(page);
        for (size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at + 1)) {
            const size_t begin = at + fence.size(), end = text.find("```", begin);
            const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), '\n') + 1;
            all.push_back({page.string(), text.substr(begin, end - begin), static_cast<size_t>(line)});
        }
    }
    return all;
}

bool begins_with(const std::string& json, const char* what) {
    return std::regex_search(json, std::regex(std::string("^\\s*") + what));
}

// What is left open on a page, filled in: another backend, a file with a secret.
std::string filled_in(std::string json) {
    json = std::regex_replace(json, std::regex("/run/secrets/[a-z]+"), "secret");
    if (json.find("\"...\"") == std::string::npos) return json;
    json = std::regex_replace(json, std::regex("(\"from\": *\\{ *\"backend\": )\"...\""),
                              R"($1"open", "topics": ["t"])");
    json = std::regex_replace(json, std::regex("(\"to\": *\\{ *\"backend\": )\"...\""), R"($1"open", "topic": "t")");
    return std::regex_replace(json, std::regex("\"backends\": *\\{"),
                              R"("backends": { "open": { "plugin": "memory" },)",
                              std::regex_constants::format_first_only);
}

// The whole configuration that a block stands for; empty: it is about something else.
std::string configuration(const std::string& json) {
    const auto routes = [](const std::string& inside) { return ", \"routes\": { " + inside + " } }"; };
    const std::string route = std::string("\"r\": { ") + kFrom + ", " + kTo;
    if (json.find("\"expect\"") != std::string::npos) return {};
    if (begins_with(json, "\\{")) return filled_in(json);
    if (begins_with(json, "\"through\"")) {
        return std::string("{ ") + kBackends + routes(route + R"(, "ordering": "none", )" + json + " }");
    }
    if (begins_with(json, "\"to\"")) {
        return std::string("{ ") + kBackends + routes(std::string("\"r\": { ") + kFrom + ", " + json + " }");
    }
    if (begins_with(json, "\"(defaults|shards)\"")) {
        return "{ " + json + ", " + kBackends + routes(route + " }");
    }
    if (json.find("\"from\"") != std::string::npos) return std::string("{ ") + kBackends + routes(json);
    return "{ \"backends\": { " + filled_in(json) + " }" + routes(route + " }");
}

// The files that configurations of the pages name.
void write_files(const CliScene& scene) {
    scene.folder.write("backends.json", std::string("{ ") + kBackends + " }");
    fs::create_directory(scene.folder.path() / "routes.d");
    scene.folder.write("routes.d/one.json",
                       std::string(R"({ "routes": { "one": { )") + kFrom + ", " + kTo + " } } }");
    scene.folder.write("reading.schema.json", "{}");
    scene.folder.write("secret", "geheim\n");
}

}  // namespace

TEST_CASE("every piece of JSON in the documentation is right") {
    const CliScene scene;
    write_files(scene);
    int checked = 0;
    for (const Block& block : blocks()) {
        const std::string whole = configuration(block.json);
        if (whole.empty()) continue;
        ++checked;
        scene.folder.write("page.json", whole);
        const Ran ran = scene.shell("KAFKA_PASSWORD=x exec \"$0\" check page.json >out 2>err");
        CHECK_MESSAGE(ran.code == 0, block.page, ":", block.line, ": ", ran.err);
    }
    CHECK(checked > 60);
}
