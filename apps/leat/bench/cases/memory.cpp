#include "bench/cases/memory.hpp"

#include "bench/measure/bare.hpp"
#include "bench/measure/bare_route.hpp"
#include "bench/report/table.hpp"

#include <thread>

namespace leat::bench {
namespace {

constexpr size_t kUsual = 100;      // bytes
constexpr double kMostBytes = 1e9;  // that one round moves
// Messages a second where delays are measured. No multiples of the kernel's 250 ticks: each tick would hit the same
// message of so many, or none, for a whole run.
constexpr double kOften = 19'000, kSeldom = 1'900;

// Messages a second as ns a message.
Sample nanoseconds(Sample sample) {
    if (sample.value > 0) sample.value = 1e9 / sample.value;
    return sample;
}

// So many messages at so many a second.
std::chrono::milliseconds how_long(uint64_t messages, double rate) {
    return std::chrono::milliseconds(static_cast<int64_t>(1000 * static_cast<double>(messages) / rate));
}

// A topic that keeps the newest: a writer never waits.
Json newest() { return memory_backend({{"overflow", "drop_oldest"}}); }

// One writer into a topic that nobody reads.
Scene writing(uint64_t messages, size_t payload, Json topics, const Json& more = Json::object()) {
    Json from = generate({{"count", messages}, {"size", payload}});
    from.update(more);
    Scene scene;
    scene.config = configuration({{"in", {{"plugin", "generate"}}}, {"mem", std::move(topics)}},
                                 {{"publish", route(from, {{"backend", "mem"}, {"topic", "t"}})}});
    scene.sources = 1;
    return scene;
}

// A writer on one shard, a reader on the other.
Scene crossing(uint64_t messages, size_t payload, const Json& more, Json sink, Json shards = 2) {
    Json from = generate({{"count", messages}, {"size", payload}});
    from.update(more);
    Scene scene;
    scene.config =
        configuration({{"in", {{"plugin", "generate"}}}, {"mem", memory_backend()}, {"out", {{"plugin", "console"}}}},
                      {{"a_write", route(from, {{"backend", "mem"}, {"topic", "t"}})},
                       {"b_read", route({{"backend", "mem"}, {"topics", {"t"}}}, measuring(std::move(sink)))}},
                      std::move(shards));
    scene.sources = 1;
    scene.expected = messages;
    return scene;
}

// Stored or settled: a topic has no audit of its own, so all that was made must have landed.
Sample published(const Observed& seen, uint64_t messages) {
    Sample sample = rate_of(seen, messages, 0, &Observed::made_s);
    if (sample.failure.empty()) sample.audit = Audit{messages - std::min(messages, seen.landed), 0};
    return sample;
}

void add_publish_rates(const Bench& bench, Cases& into) {
    for (const size_t payload : kPayloads) {
        const uint64_t n = bench.effort.count(std::min(4e6, kMostBytes / static_cast<double>(payload + 112)));
        Case c{frame("publish/memory/payload/" + std::to_string(payload), "memory, " + size_text(payload))};
        c.frame.series = "publish to memory by payload, bytes";
        c.frame.x = static_cast<double>(payload);
        c.run = [&bench, n, payload] { return published(observe(bench.shop, writing(n, payload, newest())), n); };
        c.ceiling = "bare route into a ring";
        c.bare = [n, payload] {
            return bare_route({.messages = n, .payload = payload, .topics = 1, .reads = false});
        };
        into.push_back(std::move(c));
    }
    for (uint64_t n = 10; n <= 1'000'000; n *= 10) {
        Case c{frame("publish/memory/count/" + std::to_string(n),
                     "memory, " + short_count(static_cast<double>(n)) + " messages, all kept")};
        c.frame.series = "publish to memory by count";
        c.frame.x = static_cast<double>(n);
        c.run = [&bench, n] {
            const Json keeps = memory_backend({{"capacity", n}, {"capacity_bytes", 1u << 30}});
            return published(observe(bench.shop, writing(n, kUsual, keeps)), n);
        };
        c.ceiling = "bare route into a ring that keeps all";
        c.bare = [n] {
            return bare_route({.messages = n, .payload = kUsual, .topics = 1, .reads = false, .keeps = true});
        };
        into.push_back(std::move(c));
    }
}

void add_publish_delays(const Bench& bench, Cases& into) {
    const double rate = bench.effort.rate_or(kOften);
    const auto n = bench.effort.count(rate / 4);
    for (const size_t payload : kPayloads) {
        Case c{cost_frame("publish/memory/latency/" + std::to_string(payload),
                          "memory, due -> acknowledged, " + size_text(payload) + ", " + short_count(rate) + "/s",
                          "us")};
        c.frame.series = "publish latency of memory by payload, bytes";
        c.frame.x = static_cast<double>(payload);
        c.run = [&bench, n, payload, rate] {
            Scene scene =
                writing(n, payload, newest(), {{"rate", rate}, {"spin", true}, {"record", bench.shop.file("ack")}});
            scene.records = {bench.shop.file("ack")};
            scene.unwatched = how_long(n, rate);
            Sample sample = delay_of(observe(bench.shop, scene), n);
            return sample;
        };
        c.ceiling = "bare loop that copies into a ring";
        c.bare = [n, payload, rate] { return bare_delay({.messages = n, .payload = payload, .rate = rate}); };
        into.push_back(std::move(c));
    }
}

void add_consume_rates(const Bench& bench, Cases& into) {
    for (const size_t payload : kPayloads) {
        const uint64_t n = bench.effort.count(std::min(3e6, kMostBytes / static_cast<double>(payload + 112)));
        Case c{frame("consume/memory/payload/" + std::to_string(payload),
                     "memory, written on one shard, read on another, " + size_text(payload))};
        c.frame.series = "from shard to shard by payload, bytes";
        c.frame.x = static_cast<double>(payload);
        c.run = [&bench, n, payload] {
            const Observed seen = observe(bench.shop, crossing(n, payload, Json::object(), Json::object()));
            return rate_of(seen, n, n, &Observed::moved_s);
        };
        c.ceiling = "two threads and a ring";
        c.bare = [n, payload] { return bare_cross({.messages = n, .payload = payload}); };
        into.push_back(std::move(c));
    }
    for (uint64_t n = 10; n <= 1'000'000; n *= 10) {
        Case c{frame("consume/memory/count/" + std::to_string(n),
                     "memory, from shard to shard, " + short_count(static_cast<double>(n)) + " messages")};
        c.frame.series = "from shard to shard by count";
        c.frame.x = static_cast<double>(n);
        c.run = [&bench, n] {
            return rate_of(observe(bench.shop, crossing(n, kUsual, Json::object(), Json::object())), n, n,
                           &Observed::moved_s);
        };
        c.ceiling = "two threads and a ring";
        c.bare = [n] { return bare_cross({.messages = n, .payload = kUsual}); };
        into.push_back(std::move(c));
    }
}

bool has_two_cores() { return std::thread::hardware_concurrency() > 1; }

// `polls`: the shards never sleep.
Case delay_case(const Bench& bench, size_t payload, bool polls) {
    const double rate = bench.effort.rate_or(polls ? kOften : kSeldom);
    const auto n = bench.effort.count(payload == kUsual ? rate / 2 : rate / 4);  // longer where there is a goal
    const std::string how = polls ? "polling" : "sleeping";
    Case c{cost_frame("consume/memory/latency/" + how + "/" + std::to_string(payload),
                      "memory, due -> received on another shard, " + how + ", " + size_text(payload) + ", " +
                          short_count(rate) + "/s",
                      "us")};
    c.frame.series = "latency from shard to shard, " + how + ", by payload, bytes";
    c.frame.x = static_cast<double>(payload);
    if (payload == kUsual && polls) c.frame.goal = {.p50_us = 1, .p99_us = 5};
    if (payload == kUsual && !polls) c.frame.goal = {.p99_us = 30};
    c.run = [&bench, n, payload, rate, polls] {
        const std::string record = bench.shop.file("delays");
        Json shards = {{"count", 2}, {"busy_poll", polls}};
        if (has_two_cores()) shards["cpus"] = {0, 1};  // as the bare threads have them
        Scene scene = crossing(n, payload, {{"rate", rate}, {"spin", true}}, {{"record", record}}, shards);
        scene.records = {record};
        scene.unwatched = how_long(n, rate);
        return delay_of(observe(bench.shop, scene), n);
    };
    c.ceiling = polls ? "two threads that spin" : "two threads and an eventfd";
    c.bare = [n, payload, rate, polls] {
        return bare_delay({.messages = n, .payload = payload, .rate = rate, .crosses = true, .sleeps = !polls});
    };
    return c;
}

void add_consume_delays(const Bench& bench, Cases& into) {
    for (const size_t payload : {size_t{64}, kUsual, size_t{256}, size_t{1024}, size_t{4096}, size_t{16384}}) {
        if (has_two_cores()) into.push_back(delay_case(bench, payload, true));
        into.push_back(delay_case(bench, payload, false));
    }
}

// Made, handed on and acknowledged, in ns for each message; by `routes` routes, each on a shard of its own.
Case ack_case(const Bench& bench, const std::string& id, const std::string& title, uint64_t n, size_t batch,
              uint64_t in_flight, int routes = 1) {
    Case c{cost_frame("ack/" + id, title, "ns")};
    c.run = [&bench, n, batch, in_flight, routes] {
        Scene scene;
        Json all = Json::object();
        for (int i = 0; i < routes; ++i) {
            all["ack" + std::to_string(i)] = route(generate({{"count", n / static_cast<uint64_t>(routes)},
                                                             {"size", kUsual},
                                                             {"batch", batch},
                                                             {"stream", i},
                                                             {"max_in_flight", in_flight}}),
                                                   measuring());
        }
        scene.config =
            configuration({{"in", {{"plugin", "generate"}}}, {"out", {{"plugin", "console"}}}}, all, routes);
        scene.sources = static_cast<uint64_t>(routes);
        scene.expected = n;
        return nanoseconds(rate_of(observe(bench.shop, scene), n, n, &Observed::made_s));
    };
    c.ceiling = routes > 1 ? "as many threads, a bare route each" : "bare route of the same batches";
    c.bare = [n, batch, routes] {
        return nanoseconds(
            bare_route({.messages = n, .payload = kUsual, .batch = batch, .threads = static_cast<size_t>(routes)}));
    };
    return c;
}

void add_acks(const Bench& bench, Cases& into) {
    const Effort& effort = bench.effort;
    const auto even = [&effort](double full) { return effort.count(full) / 2 * 2; };
    into.push_back(
        ack_case(bench, "individual", "made, handed on, acknowledged before the next is made", even(1e6), 1, 1));
    into.push_back(ack_case(bench, "small", "batches of 16, each acknowledged together", even(4e6), 16, 4096));
    into.push_back(ack_case(bench, "batched", "batches of 256, each acknowledged together", even(8e6), 256, 4096));
    into.push_back(
        ack_case(bench, "concurrent", "the same by two routes on two cores at once", even(8e6), 256, 4096, 2));
}

}  // namespace

std::string size_text(size_t bytes) {
    return bytes % 1024 == 0 ? std::to_string(bytes / 1024) + " KiB" : std::to_string(bytes) + " B";
}

Json measuring(const Json& more) {
    Json sink = {{"backend", "out"}, {"format", "measure"}};
    sink.update(more);
    return sink;
}

Json generate(const Json& more) {
    Json from = {{"backend", "in"}, {"kind", "stamped"}};
    from.update(more);
    return from;
}

Json memory_backend(const Json& more) {
    Json backend = {{"plugin", "memory"}};
    backend.update(more);
    return backend;
}

Json configuration(Json backends, Json routes, Json shards) {
    return {{"shards", std::move(shards)}, {"backends", std::move(backends)}, {"routes", std::move(routes)}};
}

Json route(Json from, Json to, Json through) {
    Json route = {{"from", std::move(from)}};
    if (!through.empty()) route["through"] = std::move(through);
    route["to"] = std::move(to);
    return route;
}

void add_memory_cases(const Bench& bench, Cases& into) {
    add_publish_rates(bench, into);
    add_publish_delays(bench, into);
    add_consume_rates(bench, into);
    add_consume_delays(bench, into);
    add_acks(bench, into);
}

}  // namespace leat::bench
