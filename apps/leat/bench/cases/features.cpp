// What each stage that is found, and each policy of a route, adds to a route that does without.
#include "bench/cases/memory.hpp"
#include "bench/measure/bare.hpp"

namespace leat::bench {
namespace {

struct Feature {
    const char* id = "";
    const char* title = "";
    Json through = Json::array();  ///< the stages that are measured
    Json above = Json::array();    ///< those that they need; the ceiling has them too
    bool json = false;             ///< payloads are JSON
    Json route = Json::object();   ///< more members of the route
    Json sink = Json::object();    ///< more members of its sink
    double share = 1;              ///< of the usual number of messages: for what is dear
};

Json stage(const char* plugin, const Json& options = Json::object()) {
    Json one = {{"plugin", plugin}};
    one.update(options);
    return Json::array({one});
}

std::vector<Feature> of_stages() {
    return {
        {"filter", "filter (exists topic)", stage("filter", {{"if", "exists topic"}})},
        {"sample", "sample (every 1)", stage("sample", {{"every", 1}})},
        {"limit_size", "limit_size", stage("limit_size")},
        {"set", "set (topic, one header)", stage("set", {{"topic", "new"}, {"headers", {{"was", "${topic}"}}}})},
        {"measure", "measure (latency between two stages)", stage("measure")},
        {"log", "log (1 of 1000)", stage("log", {{"every", 1000}, {"level", "debug"}})},
        {"correlation", "correlation", stage("correlation")},
        {"duplicate", "duplicate", stage("duplicate", {{"topics", {"copy"}}})},
        {"throttle", "throttle (no limit)", stage("throttle", {{"rate", 0}})},
        {"ignore_errors", "ignore_errors", stage("ignore_errors")},
        {"timeout", "timeout", stage("timeout", {{"after", "60s"}})},
        {"circuit_breaker", "circuit_breaker", stage("circuit_breaker")},
        {"deduplicate", "deduplicate", stage("deduplicate"), Json::array(), true},
        {"batch", "batch (100)", stage("batch", {{"count", 100}}), Json::array(), true},
        {"unbatch", "unbatch (of 100)", stage("unbatch"), stage("batch", {{"count", 100}}), true},
        {"fault", "fault (none)", stage("fault")},
        {"encode", "encode (base64)", stage("encode")},
        {"decode", "decode (base64)", stage("decode"), stage("encode")},
        {"compress", "compress (zstd)", stage("compress"), Json::array(), false, Json::object(), Json::object(), 0.2},
        {"decompress", "decompress (zstd)", stage("decompress"), stage("compress"), false, Json::object(),
         Json::object(), 0.2},
        {"envelope", "envelope (wrap)", stage("envelope")},
        {"json", "json (rename, cast)",
         stage("json", {{"rename", {{"/value", "/v"}}}, {"cast", {{"/device", "string"}}}}), Json::array(), true},
        {"validate", "validate (well-formed)", stage("validate"), Json::array(), true},
        {"jq", "jq (.value |= . * 2)", stage("jq", {{"program", ".value |= . * 2"}}), Json::array(), true,
         Json::object(), Json::object(), 0.05},
    };
}

std::vector<Feature> of_routes() {
    const Json dead = {{"backend", "dead"}, {"topic", "dead"}};
    return {
        {"retry",
         "retry with a limit, nothing refused",
         Json::array(),
         Json::array(),
         false,
         {{"on_failure", {{"attempts", 5}, {"delay", "10ms"}, {"then", "discard"}}}}},
        {"dead_letter",
         "dead letter, nothing refused",
         Json::array(),
         Json::array(),
         false,
         {{"on_failure", {{"attempts", 5}, {"delay", "10ms"}, {"dead_letter", dead}}}}},
        {"lane", "lanes by a template", Json::array(), Json::array(), false, {{"lane", "${topic}"}}},
        {"headers",
         "one header written by the sink",
         Json::array(),
         Json::array(),
         false,
         Json::object(),
         {{"headers", {{"from", "${topic}"}}}}},
        {"max_age", "max_age of the sink", Json::array(), Json::array(), false, Json::object(), {{"max_age", "60s"}}},
        {"ack_manual",
         "acknowledged on arrival instead of on delivery",
         Json::array(),
         Json::array(),
         false,
         {{"ack", "on_arrival"}}},
    };
}

// `is_bare`: the same route without the feature.
Sample run(const Bench& bench, const Feature& feature, uint64_t n, bool is_bare) {
    Json from = generate({{"count", n}, {"size", 100}, {"kind", feature.json ? "sensors" : "stamped"}});
    Json through = feature.above;
    Json sink = {{"backend", "out"}, {"format", "null"}};
    Json body = Json::object();
    if (!is_bare) {
        for (const Json& each : feature.through) through.push_back(each);
        sink.update(feature.sink);
        body = feature.route;
        if (body.contains("lane")) {
            from["lane"] = body["lane"];
            body.erase("lane");
        }
    }
    Json whole = route(from, sink, through);
    whole.update(body);
    Scene scene;
    scene.config = configuration(
        {{"in", {{"plugin", "generate"}}}, {"out", {{"plugin", "console"}}}, {"dead", memory_backend()}},
        {{"feature", whole}});
    scene.sources = 1;
    return rate_of(observe(bench.shop, scene), n, 0, &Observed::made_s);
}

void add(const Bench& bench, const Feature& feature, Cases& into) {
    const uint64_t n = bench.effort.count(1.5e6 * feature.share * (feature.json ? 0.5 : 1));
    Case c;
    c.frame = frame(std::string("features/") + feature.id, feature.title);
    c.run = [&bench, feature, n] { return run(bench, feature, n, false); };
    c.ceiling = "the same route without it";
    c.bare = [&bench, feature, n] { return run(bench, feature, n, true); };
    into.push_back(std::move(c));
}

// Counters are kept and delays measured always: what can be on or off is that somebody reads them.
void add_metrics(const Bench& bench, Cases& into) {
    const uint64_t n = bench.effort.count(8e6);
    const auto run = [&bench, n](std::chrono::milliseconds interval) {
        Scene scene;
        scene.config = configuration({{"in", {{"plugin", "generate"}}}, {"out", {{"plugin", "console"}}}},
                                     {{"watched", route(generate({{"count", n}, {"size", 100}}), measuring())}});
        scene.sources = 1;
        scene.expected = n;
        scene.unwatched = std::chrono::milliseconds(n / 20'000);  // about as long as it takes
        scene.scraped = interval;
        return rate_of(observe(bench.shop, scene), n, n, &Observed::made_s);
    };
    Case c{frame("features/metrics", "metrics on: all figures read as JSON 100 times a second")};
    c.run = [run] { return run(std::chrono::milliseconds(10)); };
    c.ceiling = "metrics off: the same route, nobody reads";
    c.bare = [run] { return run(std::chrono::milliseconds(0)); };
    into.push_back(std::move(c));
}

}  // namespace

void add_feature_cases(const Bench& bench, Cases& into) {
    for (Feature& feature : of_stages()) {
        bool is_found = true;
        for (const Json* list : {&feature.through, &feature.above}) {
            for (const Json& each : *list)
                is_found = is_found && bench.stages.contains(each["plugin"].get<std::string>());
        }
        if (is_found) add(bench, std::move(feature), into);
    }
    for (Feature& feature : of_routes()) add(bench, std::move(feature), into);
    add_metrics(bench, into);
}

}  // namespace leat::bench
