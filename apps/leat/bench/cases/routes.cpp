// Routes with no broker: stages, plugin calls, writers, readers, routes and topics side by side.
#include "bench/cases/memory.hpp"
#include "bench/measure/bare.hpp"
#include "bench/measure/bare_route.hpp"
#include "bench/report/table.hpp"

#include <algorithm>

namespace leat::bench {
namespace {

constexpr size_t kPayload = 100;

// Stages that let everything pass and do as little as a stage can: two libraries where there are two.
Json passing(const Bench& bench, size_t n) {
    struct Choice {
        const char* plugin;
        Json options;
    };
    const std::vector<Choice> choices = {{"pass_a", Json::object()},
                                         {"pass_b", Json::object()},
                                         {"limit_size", Json::object()},
                                         {"sample", {{"every", 1}}}};
    std::vector<Choice> found;
    for (const Choice& choice : choices) {
        if (found.size() < 2 && bench.stages.contains(choice.plugin)) found.push_back(choice);
    }
    Json stages = Json::array();
    for (size_t i = 0; i < n && !found.empty(); ++i) {
        const Choice& choice = found[i % found.size()];
        Json stage = {{"plugin", choice.plugin}, {"name", "stage" + std::to_string(i + 1)}};
        stage.update(choice.options);
        stages.push_back(std::move(stage));
    }
    return stages;
}

Scene staged(uint64_t n, const Json& from, Json stages) {
    Json source = generate({{"count", n}, {"size", kPayload}});
    source.update(from);
    Scene scene;
    scene.config = configuration({{"in", {{"plugin", "generate"}}}, {"out", {{"plugin", "console"}}}},
                                 {{"staged", route(source, measuring(), std::move(stages))}});
    scene.sources = 1;
    scene.expected = n;
    return scene;
}

Sample staged_rate(const Bench& bench, uint64_t n, const Json& from, const Json& stages) {
    return rate_of(observe(bench.shop, staged(n, from, stages)), n, n, &Observed::made_s);
}

void add_stages(const Bench& bench, Cases& into) {
    const uint64_t n = bench.effort.count(6e6);
    for (const size_t stages : {0, 1, 2, 4, 8, 16}) {
        Case c{frame("routes/memory/stages/" + std::to_string(stages),
                     "made -> " + std::to_string(stages) + " stages that pass -> counted, 100 B, one core")};
        c.frame.series = "a route by stages";
        c.frame.x = static_cast<double>(stages);
        if (stages == 2) c.frame.goal = {.ratio = 0.5, .value = 40e6};
        c.run = [&bench, n, stages] { return staged_rate(bench, n, Json::object(), passing(bench, stages)); };
        c.ceiling = "bare route with as many stages";
        c.bare = [n, stages] { return bare_route({.messages = n, .payload = kPayload, .stages = stages}); };
        into.push_back(std::move(c));
    }
}

// Into a topic, out of it, through two stages, into another, and counted.
void add_memory_to_memory(const Bench& bench, Cases& into) {
    const uint64_t n = bench.effort.count(2e6);
    for (const int shards : {1, 2}) {
        Case c{frame("routes/memory-memory/" + std::to_string(shards),
                     "made -> topic -> 2 stages -> topic -> counted, 100 B, " + std::to_string(shards) +
                         (shards == 1 ? " core" : " cores"))};
        c.run = [&bench, n, shards] {
            Scene scene;
            scene.config = configuration(
                {{"in", {{"plugin", "generate"}}}, {"mem", memory_backend()}, {"out", {{"plugin", "console"}}}},
                {{"a_write",
                  route(generate({{"count", n}, {"size", kPayload}}), {{"backend", "mem"}, {"topic", "a"}})},
                 {"b_route", route({{"backend", "mem"}, {"topics", {"a"}}}, {{"backend", "mem"}, {"topic", "b"}},
                                   passing(bench, 2))},
                 {"c_read", route({{"backend", "mem"}, {"topics", {"b"}}}, measuring())}},
                shards);
            scene.sources = 1;
            scene.expected = n;
            return rate_of(observe(bench.shop, scene), n, n, &Observed::moved_s);
        };
        if (shards == 1) c.frame.goal = {.ratio = 0.5};
        c.ceiling = shards == 1 ? "bare route through two rings" : "two threads and a ring";
        c.bare = [n, shards] {
            return shards == 1 ? bare_route({.messages = n, .payload = kPayload, .stages = 2, .topics = 2})
                               : bare_cross({.messages = n, .payload = kPayload});
        };
        into.push_back(std::move(c));
    }
}

// What one more stage costs: sixteen of them against none, in turns.
void add_plugin_calls(const Bench& bench, Cases& into) {
    constexpr size_t kStages = 16;
    for (const size_t batch : {256, 1}) {
        const uint64_t n = bench.effort.count(batch == 1 ? 1e6 : 6e6);
        Case c{cost_frame("plugin_call/batch/" + std::to_string(batch),
                          "one stage in a library, per message, batches of " + std::to_string(batch), "ns")};
        c.frame.goal = {.value = batch == 1 ? 100.0 : 2.0};
        c.run = [&bench, n, batch] {
            const Json from = {{"batch", batch}};
            Sample with = staged_rate(bench, n, from, passing(bench, kStages));
            const Sample without = staged_rate(bench, n, from, Json::array());
            if (!with.failure.empty() || !without.failure.empty()) return with.failure.empty() ? without : with;
            // In CPU time, which what else runs on the machine changes least.
            if (!with.cpu_us || !without.cpu_us) return with.failure = "too few messages for CPU time", with;
            with.value = std::max(0.0, (*with.cpu_us - *without.cpu_us) * 1e3 / kStages);
            with.cpu_us.reset();
            return with;
        };
        c.ceiling = "a function pointer in a bare route";
        c.bare = [n, batch] {
            const BareRoute with{.messages = n, .payload = kPayload, .stages = kStages, .batch = batch};
            BareRoute without = with;
            without.stages = 0;
            Sample sample;
            sample.value = std::max(0.0, (*bare_route(with).cpu_us - *bare_route(without).cpu_us) * 1e3 / kStages);
            return sample;
        };
        into.push_back(std::move(c));
    }
}

// `writers` routes into one topic, `readers` routes of one group out of it.
Scene sharing(uint64_t each, int writers, int readers, int shards) {
    Json routes = Json::object();
    for (int i = 0; i < writers; ++i) {
        routes["w" + std::to_string(i)] = route(generate({{"count", each}, {"size", kPayload}, {"stream", i}}),
                                                {{"backend", "mem"}, {"topic", "t"}});
    }
    for (int i = 0; i < readers; ++i) {
        routes["x" + std::to_string(i)] =
            route({{"backend", "mem"}, {"topics", {"t"}}, {"group", "all"}}, measuring());
    }
    Scene scene;
    scene.config =
        configuration({{"in", {{"plugin", "generate"}}}, {"mem", memory_backend()}, {"out", {{"plugin", "console"}}}},
                      std::move(routes), shards);
    scene.sources = static_cast<uint64_t>(writers);
    scene.expected = each * static_cast<uint64_t>(writers);
    return scene;
}

void add_sharing(const Bench& bench, Cases& into) {
    const auto add = [&](const std::string& what, int writers, int readers, int x) {
        const uint64_t each = bench.effort.count(2e6) / static_cast<uint64_t>(writers);
        const uint64_t n = each * static_cast<uint64_t>(writers);
        Case c{frame("concurrency/memory/" + what + "/" + std::to_string(x),
                     std::to_string(writers) + (writers == 1 ? " writer" : " writers") + " to one topic, " +
                         std::to_string(readers) + (readers == 1 ? " reader" : " readers of a group"))};
        c.frame.series = "one topic by " + what;
        c.frame.x = x;
        c.run = [&bench, n, each, writers, readers] {
            return rate_of(observe(bench.shop, sharing(each, writers, readers, 2)), n, n, &Observed::moved_s);
        };
        c.ceiling = "two threads and a ring, as many makers and readers in turn";
        c.bare = [n, writers, readers] {
            return bare_cross({.messages = n,
                               .payload = kPayload,
                               .writers = static_cast<uint64_t>(writers),
                               .readers = static_cast<uint64_t>(readers)});
        };
        into.push_back(std::move(c));
    };
    for (const int k : {1, 2, 4, 8, 16}) add("writers", k, 1, k);
    for (const int k : {1, 2, 4, 8, 16}) add("readers", 1, k, k);
}

void add_routes(const Bench& bench, Cases& into) {
    for (const uint64_t routes : {1, 10, 100, 1000}) {
        const uint64_t each = std::max<uint64_t>(bench.effort.count(4e6) / routes, 100);
        const uint64_t n = each * routes;
        Case c{
            frame("concurrency/memory/routes/" + std::to_string(routes),
                  std::to_string(routes) + (routes == 1 ? " route" : " routes") + " on one core, made -> counted")};
        c.frame.series = "one core by routes";
        c.frame.x = static_cast<double>(routes);
        c.run = [&bench, n, each, routes] {
            Json all = Json::object();
            for (uint64_t i = 0; i < routes; ++i) {
                all["r" + std::to_string(i)] =
                    route(generate({{"count", each}, {"size", kPayload}, {"stream", i}}), measuring());
            }
            Scene scene;
            scene.config = configuration({{"in", {{"plugin", "generate"}}}, {"out", {{"plugin", "console"}}}}, all);
            scene.sources = routes;
            scene.expected = n;
            return rate_of(observe(bench.shop, scene), n, n, &Observed::made_s);
        };
        c.ceiling = "as many bare routes in turn";
        c.bare = [n, routes] { return bare_route({.messages = n, .payload = kPayload, .routes = routes}); };
        into.push_back(std::move(c));
    }
}

void add_topics(const Bench& bench, Cases& into) {
    for (uint64_t topics = 1; topics <= 1'000'000; topics *= 10) {
        const uint64_t n = std::max<uint64_t>(bench.effort.count(2e6), topics);
        Case c{frame("concurrency/memory/topics/" + std::to_string(topics), short_count(static_cast<double>(topics)) +
                                                                                (topics == 1 ? " topic" : " topics") +
                                                                                " written to in turn, one core")};
        c.frame.series = "one writer by topics";
        c.frame.x = static_cast<double>(topics);
        const uint64_t kept = std::clamp<uint64_t>(1'000'000 / topics, 1, 65536);
        c.run = [&bench, n, topics, kept] {
            const Json from = generate({{"count", n}, {"size", 24}, {"devices", topics}, {"topic", "t/{device}"}});
            Scene scene;
            scene.config = configuration(
                {{"in", {{"plugin", "generate"}}},
                 {"mem",
                  memory_backend({{"max_topics", 2'000'000}, {"capacity", kept}, {"overflow", "drop_oldest"}})}},
                {{"write", route(from, {{"backend", "mem"}})}});
            scene.sources = 1;
            const Observed seen = observe(bench.shop, scene);
            Sample sample = rate_of(seen, n, 0, &Observed::made_s);
            if (sample.failure.empty()) sample.audit = Audit{n - std::min(n, seen.landed), 0};
            return sample;
        };
        if (topics == 1'000'000) c.most_rounds = 1;  // as long as all the others together
        c.ceiling = "names looked up in a hash table, and a copy";
        c.bare = [n, topics, kept] {
            return bare_topics({.messages = n, .payload = 24, .topics = topics, .kept = kept});
        };
        into.push_back(std::move(c));
    }
}

void add_windows(const Bench& bench, Cases& into) {
    const uint64_t n = bench.effort.count(2e6);
    for (const uint64_t window : {1, 16, 256, 4096, 65536}) {
        Case c{frame("concurrency/memory/in_flight/" + std::to_string(window),
                     "from shard to shard with " + std::to_string(window) + " in flight at most")};
        c.frame.series = "from shard to shard by messages in flight";
        c.frame.x = static_cast<double>(window);
        const uint64_t messages = window == 1 ? n / 20 + 10 : n;
        c.run = [&bench, messages, window] {
            Scene scene = sharing(messages, 1, 1, 2);
            for (const char* name : {"w0", "x0"}) scene.config["routes"][name]["from"]["max_in_flight"] = window;
            return rate_of(observe(bench.shop, scene), messages, messages, &Observed::moved_s);
        };
        c.ceiling = "two threads and a ring of so many";
        c.bare = [messages, window] {
            return bare_cross({.messages = messages, .payload = kPayload, .window = window});
        };
        into.push_back(std::move(c));
    }
}

}  // namespace

void add_route_cases(const Bench& bench, Cases& into) {
    add_stages(bench, into);
    add_memory_to_memory(bench, into);
    add_plugin_calls(bench, into);
    add_sharing(bench, into);
    add_routes(bench, into);
    add_topics(bench, into);
    add_windows(bench, into);
}

}  // namespace leat::bench
