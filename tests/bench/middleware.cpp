// What each stage of middleware.json costs: CPU per message of a route in memory with the stage, less that of the
// same route without it. One shard; rounds alternate, medians.
//
//   leat-bench-middleware [MESSAGES] [ROUNDS] [NAME...]     NAME: only these
//
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

}  // namespace

int main(int argc, char** argv) {
    const uint64_t messages = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
    const std::vector<std::string> only(argv + std::min(argc, 3), argv + argc);
    std::ifstream file(LEAT_BENCH_MIDDLEWARE);
    const Json entries = Json::parse(file, nullptr, true, true);
    std::printf("%llu messages of 100 B, one shard, median of %d: what a stage adds\n",
                static_cast<unsigned long long>(messages), rounds);
    std::printf("%-28s %14s %14s\n", "stage", "CPU ns/message", "at most");
    bool is_good = true;
    for (const Json& entry : entries) {
        const auto name = entry.at("name").get<std::string>();
        if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
        std::vector<double> added;
        for (int i = 0; i < rounds; ++i) {
            const auto without = run(config_of(entry, false, messages), messages);
            const auto with = run(config_of(entry, true, messages), messages);
            if (!without || !with) break;
            added.push_back(*with - *without);
        }
        if (added.empty()) {
            std::printf("%-28s %14s\n", name.c_str(), "cannot run");
            is_good = false;
            continue;
        }
        const double cost = median(added);
        const bool has_limit = entry.contains("most_ns");
        const bool is_within = !has_limit || cost <= entry["most_ns"].get<double>();
        is_good = is_good && is_within;
        std::printf("%-28s %14.1f %14s%s\n", name.c_str(), cost, has_limit ? entry["most_ns"].dump().c_str() : "",
                    is_within ? "" : "  MORE");
        std::fflush(stdout);
    }
    return is_good ? 0 : 1;
}
