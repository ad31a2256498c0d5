// The real program as people and scripts start it, in a folder of its own, with what it printed.
//
//     const CliScene scene;
//     scene.folder.write("bridge.json", kTwoRoutes);
//     const Ran ran = scene.leat({"check", "bridge.json"});   // ran.code, ran.out, ran.err
#pragma once
#include "support/eventually.hpp"
#include "support/folder.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace leat::test {

inline constexpr const char* kTwoRoutes = R"({
  "backends": { "made": { "plugin": "generate" }, "out": { "plugin": "console" } },
  "routes": {
    "few":  { "from": { "backend": "made", "count": 300, "topic": "a/{device}/b" },
              "to": { "backend": "out", "format": "null" } },
    "slow": { "from": { "backend": "made", "rate": "100/s" }, "to": { "backend": "out", "format": "null" } }
  }
})";

// Standard output is never read where this runs, so messages stay in flight.
inline constexpr const char* kStuck = R"({
  "backends": { "made": { "plugin": "generate" }, "out": { "plugin": "console" } },
  "routes": { "stuck": { "from": { "backend": "made", "count": 300000, "size": "1KiB", "max_in_flight": 500 },
                         "to": { "backend": "out" }, "drain_timeout": "DRAIN" } }
})";

struct Ran {
    int code = -1;
    std::string out, err;
};

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline std::vector<nlohmann::json> json_lines(const std::string& text) {
    std::vector<nlohmann::json> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
}

struct CliScene {
    Folder folder;

    std::vector<std::string> command(const std::vector<std::string>& words) const {
        std::vector<std::string> all = {"sh", "-c", "exec \"$@\" >out 2>err", "sh", host()};
        all.insert(all.end(), words.begin(), words.end());
        return all;
    }
    Process start(const std::vector<std::string>& words) const {
        return Process(command(words), {.output = {}, .folder = folder.path().string()});
    }
    std::string out() const { return read_file(folder / "out"); }
    std::string err() const { return read_file(folder / "err"); }
    Ran ran(Process process, std::chrono::milliseconds limit = std::chrono::seconds(30)) const {
        const auto code = process.wait(limit);
        return {code.value_or(-1), out(), err()};
    }
    Ran leat(const std::vector<std::string>& words) const { return ran(start(words)); }
    // `command` is a line of sh, in which "$0" is the host.
    Ran shell(const std::string& command, std::chrono::milliseconds limit = std::chrono::seconds(60)) const {
        return ran(Process({"sh", "-c", command, host()}, {.output = {}, .folder = folder.path().string()}), limit);
    }
    bool logs(const std::string& text) const {
        return eventually([&] { return has(err(), text); });
    }
    // A host whose standard output is a pipe that nobody reads, once messages are in flight.
    Process stuck(const std::string& drain_timeout) const {
        std::string config = kStuck;
        config.replace(config.find("DRAIN"), 5, drain_timeout);
        folder.write("stuck.json", config);
        Process process(
            {"sh", "-c", "mkfifo pipe && exec 3<>pipe && exec \"$0\" run stuck.json --status-json st >pipe 2>err",
             host()},
            {.output = {}, .folder = folder.path().string()});
        REQUIRE(eventually([&] { return has(read_file(folder / "st"), "\"in_flight\":500"); }));
        return process;
    }
};

}  // namespace leat::test
