// What each stage of middleware.json costs: CPU per message of a route in memory with the stage, less that of the
// same route without it. One shard; rounds alternate, medians.
//
//   leat-bench-middleware [--json FILE] [MESSAGES] [ROUNDS] [NAME...]     NAME: only these
//
// --json: in the format of `leat bench --with FILE`.
// An entry: {"name": "filter", "through": [stages], "above": [stages that both routes have], "from": {options of
// generate}, "most_ns": 10 where the cost has a limit}.
#include <sys/resource.h>
#include <unistd.h>
#include <leat/host.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using Json = nlohmann::json;

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double median(std::vector<double> all) {
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
}

Json config_of(const Json& entry, bool with_stage, uint64_t messages) {
    Json from = entry.value("from", Json::object());
    from["backend"] = "in";
    from["count"] = messages;
    if (!from.contains("size")) from["size"] = 100;
    Json through = entry.value("above", Json::array());
    for (const Json& stage : entry.at("through")) {
        if (with_stage) through.push_back(stage);
    }
    return {{"shards", 1},
            {"backends", {{"in", {{"plugin", "generate"}}}, {"out", {{"plugin", "console"}}}}},
            {"routes",
             {{"bench", {{"from", from}, {"through", through}, {"to", {{"backend", "out"}, {"format", "null"}}}}}}}};
}

// CPU ns per message; nothing, and why on stderr, where the route cannot run or fails. All must have ended, landed or
// as the stages decided.
std::optional<double> run(const Json& config, uint64_t messages) {
    const auto file = std::filesystem::temp_directory_path() / ("leat-bench-middleware-" + std::to_string(getpid()));
    std::ofstream(file) << config.dump();
    leat::Host host({.plugin_dirs = {}, .log = {}});
    const leat::Findings found = host.load(file.string());
    std::filesystem::remove(file);
    for (const auto& f : found.all) {
        if (f.kind == leat::Finding::Kind::error) std::fprintf(stderr, "%s\n", f.text.c_str());
    }
    if (found.has_errors()) return std::nullopt;
    const double before = cpu_seconds();
    if (!host.run()) return std::nullopt;
    leat::LedgerSnapshot ledger;
    while (ledger.landed + ledger.filtered < messages) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        const auto route = host.snapshot().routes.at(0);
        if (route.state == "failed" || route.state == "stopped") {
            std::fprintf(stderr, "the route failed: %s\n", route.why.c_str());
            return std::nullopt;
        }
        ledger = route.ledger;
    }
    const double used = cpu_seconds() - before;
    host.drain();
    return used * 1e9 / static_cast<double>(messages);
}

struct Choice {
    std::string json;
    uint64_t messages = 1'000'000;
    int rounds = 5;
    std::vector<std::string> names;  // none: all

    Choice(int argc, char** argv) {
        std::vector<std::string> words(argv + 1, argv + argc);
        if (words.size() >= 2 && words[0] == "--json") {
            json = words[1];
            words.erase(words.begin(), words.begin() + 2);
        }
        if (!words.empty()) messages = std::strtoull(words[0].c_str(), nullptr, 10);
        if (words.size() > 1) rounds = std::max(1, std::atoi(words[1].c_str()));
        if (words.size() > 2) names.assign(words.begin() + 2, words.end());
    }
    bool has(const std::string& name) const {
        return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
    }
};

// ns that the stage adds, one for each round; none where it cannot run.
std::vector<double> added_by(const Json& entry, const Choice& choice) {
    std::vector<double> added;
    for (int i = 0; i < choice.rounds; ++i) {
        const auto without = run(config_of(entry, false, choice.messages), choice.messages);
        const auto with = run(config_of(entry, true, choice.messages), choice.messages);
        if (!without || !with) return {};
        added.push_back(*with - *without);
    }
    return added;
}

Json result_of(const Json& entry, const std::vector<double>& added) {
    const auto name = entry.at("name").get<std::string>();
    Json result = {{"id", "features/" + name + "/added"},
                   {"category", "features"},
                   {"title", "stage " + name + ": CPU added to a message"},
                   {"unit", "ns"},
                   {"better", "lower"}};
    if (entry.contains("most_ns")) result["goal"] = {{"value", entry["most_ns"]}};
    if (added.empty()) {
        result["audit"] = {{"missing", 1}};
        result["note"] = "cannot run";
        return result;
    }
    result["rounds"] = added;
    result["median"] = median(added);
    result["min"] = *std::min_element(added.begin(), added.end());
    result["max"] = *std::max_element(added.begin(), added.end());
    return result;
}

void print(const Json& entry, const std::vector<double>& added) {
    const auto name = entry.at("name").get<std::string>();
    if (added.empty()) {
        std::printf("%-28s %14s\n", name.c_str(), "cannot run");
    } else {
        const std::string limit = entry.contains("most_ns") ? entry["most_ns"].dump() : "";
        const bool is_over = !limit.empty() && median(added) > entry["most_ns"].get<double>();
        std::printf("%-28s %14.1f %14s%s\n", name.c_str(), median(added), limit.c_str(), is_over ? "  MORE" : "");
    }
    std::fflush(stdout);
}

}  // namespace

// Code 1 when a stage cannot run; what costs more than it may is shown.
int main(int argc, char** argv) {
    const Choice choice(argc, argv);
    std::ifstream file(LEAT_BENCH_MIDDLEWARE);
    const Json entries = Json::parse(file, nullptr, true, true);
    std::printf("%llu messages of 100 B, one shard, median of %d: what a stage adds\n",
                static_cast<unsigned long long>(choice.messages), choice.rounds);
    std::printf("%-28s %14s %14s\n", "stage", "CPU ns/message", "at most");
    Json results = Json::array();
    bool all_ran = true;
    for (const Json& entry : entries) {
        if (!choice.has(entry.at("name").get<std::string>())) continue;
        const auto added = added_by(entry, choice);
        print(entry, added);
        results.push_back(result_of(entry, added));
        all_ran = all_ran && !added.empty();
    }
    if (!choice.json.empty()) std::ofstream(choice.json) << Json{{"format", 1}, {"results", results}}.dump(2) << '\n';
    return all_ran ? 0 : 1;
}
