// Start-up, and what is held in memory.
#include "bench/cases/memory.hpp"
#include "bench/measure/bare.hpp"
#include "bench/measure/child.hpp"
#include "bench/report/table.hpp"

#include <algorithm>
#include <fstream>

namespace leat::bench {
namespace {

using Clock = std::chrono::steady_clock;

Json one_route(uint64_t count) {
    return configuration({{"in", {{"plugin", "generate"}}}, {"out", {{"plugin", "console"}}}},
                         {{"first", route(generate({{"count", count}}), measuring())}});
}

// When the first message came, from the last line of a status file; 0: none has.
int64_t first_ns_of(const std::string& file) {
    std::ifstream in(file);
    std::string line, last;
    while (std::getline(in, line)) last = line;
    const Json json = Json::parse(last, nullptr, false);
    if (json.is_discarded()) return 0;
    const std::string key = "first_ns";
    int64_t found = 0;
    const std::function<void(const Json&)> look = [&](const Json& node) {
        if (node.is_object() && node.contains("name") && node["name"] == key && node.contains("value")) {
            found = node["value"].get<int64_t>();
        }
        if (node.is_structured()) {
            for (const Json& child : node) look(child);
        }
    };
    look(json);
    return found;
}

// A new process of `leat run`, from before it is made to its first message at the sink, in ms.
Sample start(const Bench& bench) {
    const std::string config = bench.shop.file("start.json"), status = bench.shop.file("status");
    std::ofstream(config) << one_route(1).dump();
    std::vector<std::string> command = {own_path(), "run",           config, "--no-table",        "--until-idle",
                                        "1ms",      "--status-json", status, "--status-interval", "10ms"};
    for (const std::string& folder : bench.shop.plugin_dirs()) {
        command.push_back("--plugin-dir");
        command.push_back(folder);
    }
    const int64_t begin = Clock::now().time_since_epoch().count();
    const Ended ended = in_child(command, std::chrono::seconds(600));
    Sample sample;
    sample.failure = ended.failure;
    if (!sample.failure.empty()) return sample;
    const int64_t first = first_ns_of(status);
    if (first == 0) return sample.failure = "no message came", sample;
    sample.value = static_cast<double>(first - begin) / 1e6;
    sample.peak_mb = ended.peak_mb;
    return sample;
}

Sample start_here(const Bench& bench) {
    Scene scene;
    scene.config = one_route(1);
    scene.sources = 1;
    scene.expected = 1;
    const Observed seen = observe(bench.shop, scene);
    Sample sample;
    sample.failure = seen.failure;
    if (sample.failure.empty()) sample.value = static_cast<double>(seen.first_ns - seen.run_ns) / 1e6;
    sample.peak_mb = seen.peak_mb;
    return sample;
}

void add_starts(const Bench& bench, Cases& into) {
    Case whole{cost_frame("startup/process", "leat run: process made -> first message at the sink", "ms")};
    whole.frame.goal = {.value = 20};
    whole.run = [&bench] { return start(bench); };
    whole.ceiling = "leat --version: made, linked, ended";
    whole.bare = [] { return bare_start(); };
    into.push_back(std::move(whole));
    Case inside{cost_frame("startup/host", "embedded: Host::run -> first message at the sink", "ms")};
    inside.run = [&bench] { return start_here(bench); };
    inside.ceiling = "two threads made, a message handed from one to the other";
    inside.bare = [] { return bare_threads_start(); };
    into.push_back(std::move(inside));
}

// The difference of two peaks, for each of n, in bytes.
Sample held(const Observed& with, const Observed& without, uint64_t n, double less) {
    Sample sample;
    sample.failure = with.failure.empty() ? without.failure : with.failure;
    if (!sample.failure.empty()) return sample;
    sample.value = (with.peak_mb - without.peak_mb) * 1e6 / static_cast<double>(n) - less;
    sample.peak_mb = with.peak_mb;
    return sample;
}

constexpr uint64_t kPayload = 100;
constexpr int kExact = 1;  // rounds of what is the same each time

// Messages that a stage holds, beside their payload and topic.
Scene delayed(uint64_t n) {
    Scene scene;
    const Json from =
        generate({{"count", n}, {"size", kPayload}, {"max_in_flight", n + 1}, {"max_in_flight_bytes", "4GiB"}});
    const Json hold = Json::array({{{"plugin", "delay"}, {"for", "60s"}}});
    scene.config = configuration({{"in", {{"plugin", "generate"}}}, {"out", {{"plugin", "console"}}}},
                                 {{"hold", route(from, {{"backend", "out"}, {"format", "null"}}, hold)}});
    scene.held = n;
    return scene;
}

Scene stored(uint64_t n) {
    Scene scene;
    scene.config = configuration(
        {{"in", {{"plugin", "generate"}}}, {"mem", memory_backend({{"capacity", n}, {"capacity_bytes", "4GiB"}})}},
        {{"store", route(generate({{"count", n}, {"size", kPayload}}), {{"backend", "mem"}, {"topic", "t"}})}});
    scene.sources = 1;
    return scene;
}

// n topics, each written to once; or, for comparison, the same messages to nowhere.
Scene topics(uint64_t n, bool exist) {
    Scene scene;
    const Json from = generate({{"count", n}, {"size", 24}, {"devices", n}, {"topic", "t/{device}"}});
    const Json to = exist ? Json{{"backend", "mem"}} : Json{{"backend", "out"}, {"format", "null"}};
    scene.config = configuration({{"in", {{"plugin", "generate"}}},
                                  {"out", {{"plugin", "console"}}},
                                  {"mem", memory_backend({{"max_topics", 2'000'000}})}},
                                 {{"topics", route(from, to)}});
    scene.sources = 1;
    return scene;
}

void add_holdings(const Bench& bench, Cases& into) {
    const uint64_t n = bench.effort.count(1e6);
    const std::string count = short_count(static_cast<double>(n));
    if (bench.stages.contains("delay")) {
        Case c{cost_frame("memory/in_flight",
                          "a message in flight, beside its 100 B: " + count + " of them in a stage", "B")};
        c.frame.goal = {.value = 200};
        c.frame.note = "held by the stage delay, each in a buffer of its own";
        c.run = [&bench, n] {
            return held(observe(bench.shop, delayed(n)), observe(bench.shop, delayed(1)), n, kPayload);
        };
        c.most_rounds = kExact;
        c.ceiling = "the message alone, its payload allocated";
        c.bare = [n] { return bare_held(n, kPayload, true); };
        into.push_back(std::move(c));
    }
    Case stored_one{
        cost_frame("memory/stored", "a message stored in a topic, beside its 100 B: " + count + " of them", "B")};
    stored_one.frame.goal = {.value = 200};
    stored_one.run = [&bench, n] {
        return held(observe(bench.shop, stored(n)), observe(bench.shop, stored(1)), n, kPayload);
    };
    stored_one.most_rounds = kExact;
    stored_one.ceiling = "the messages alone, payloads one behind the other";
    stored_one.bare = [n] { return bare_held(n, kPayload, false); };
    into.push_back(std::move(stored_one));
    const uint64_t many = std::min<uint64_t>(n, 1'000'000);
    Case idle{cost_frame(
        "memory/topic",
        "a topic with one message of 24 B in it: " + short_count(static_cast<double>(many)) + " of them", "B")};
    idle.frame.goal = {.value = 1000};
    idle.frame.note = "beside the same messages sent nowhere";
    idle.run = [&bench, many] {
        return held(observe(bench.shop, topics(many, true)), observe(bench.shop, topics(many, false)), many, 0);
    };
    idle.most_rounds = kExact;
    idle.ceiling = "a hash table of names, a message in each";
    idle.bare = [many] { return bare_topic_held(many, 24); };
    into.push_back(std::move(idle));
}

}  // namespace

void add_process_cases(const Bench& bench, Cases& into) {
    add_starts(bench, into);
    add_holdings(bench, into);
}

}  // namespace leat::bench
