#include "config/read.hpp"

#include <doctest/doctest.h>

#include "config/report.hpp"

using namespace leat::config;
using namespace std::chrono_literals;

namespace {

struct Reading {
    Report report{"f.json"};
    std::unique_ptr<Model> model;

    explicit Reading(std::string_view text) {
        auto document = parse(text, "f.json", report);
        if (document)
            model = read_model(
                std::move(document), [](const std::string&) { return std::nullopt; }, report);
    }
    bool says(std::string_view part) const { return report.text().find(part) != std::string::npos; }
};

// A configuration with one route, into which `extra` members are put.
Reading route(const std::string& extra, const std::string& to = R"({"backend": "b", "topic": "t"})") {
    return Reading(
        "{\"backends\": {\"a\": {\"plugin\": \"p\"}, \"b\": {\"plugin\": \"p\"}},\n\"routes\": {\"r\": {\"from\": "
        "{\"backend\": \"a\"},\n\"to\": " +
        to + (extra.empty() ? "" : ",\n" + extra) + "}}}");
}

}  // namespace

TEST_CASE("a minimal route has the documented defaults") {
    const Reading reading = route("");
    REQUIRE(reading.report.text() == "");
    const Route& r = reading.model->routes.at(0);
    CHECK(r.name == "r");
    CHECK(r.from.backend == "a");
    CHECK(r.branches.size() == 1);
    CHECK(r.branches[0].step == "to");
    CHECK(r.branches[0].sink.component.given.size() == 1);
    CHECK(r.match == Match::all);
    CHECK(r.ack == Ack::on_delivery);
    CHECK(r.ordering == Ordering::lane);
    CHECK(r.parallel == 1);
    CHECK(r.on_failure.attempts == 0);
    CHECK(r.on_failure.delay == 100ms);
    CHECK(r.on_failure.max_delay == 30s);
    CHECK(r.on_failure.then == Then::stop);
    CHECK_FALSE(r.on_failure.dead_letter);
    CHECK(reading.model->shards == 0);
}

TEST_CASE("everything the core understands is read") {
    const Reading reading(R"({
        "shards": 2, "plugin_path": ["plugins", "/opt/p"], "log": {"level": "debug", "format": "json"}, "$schema": "x",
        "backends": {"a": {"plugin": "p", "url": "x"}},
        "routes": {"r": {
            "from": {"backend": "a", "topics": ["t"], "max_in_flight": 500, "max_in_flight_bytes": "1MiB", "lane": "${key}"},
            "through": [{"plugin": "s", "limit": 1}, {"plugin": "s"}, {"plugin": "s", "name": "mine"}],
            "to": [{"backend": "a", "if": "exists key", "through": [{"plugin": "s"}], "headers": {"h": "${topic}"}, "max_age": "60s",
                    "on_failure": {"then": "discard"}},
                   {"backend": "a"}],
            "match": "first", "ack": "never", "ordering": "none", "parallel": 3, "drain_timeout": "5s",
            "on_failure": {"attempts": 8, "delay": "1s", "max_delay": "1m", "dead_letter": {"backend": "a", "topic": "dead"}}}}})");
    REQUIRE(reading.report.text() == "");
    const Model& model = *reading.model;
    const Route& r = model.routes.at(0);
    CHECK(model.shards == 2);
    CHECK(model.plugin_path.size() == 2);
    CHECK(model.plugin_path[0].is_absolute());
    CHECK(model.log_level == LogLevel::debug);
    CHECK(model.log_format == LogFormat::json);
    CHECK(model.find_backend("a")->component.given.size() == 1);
    CHECK(r.from.max_in_flight == 500);
    CHECK(r.from.max_in_flight_bytes == 1 << 20);
    CHECK(r.from.lane.at != nullptr);
    CHECK(r.through.at(0).name == "s");
    CHECK(r.through.at(1).name == "s#2");
    CHECK(r.through.at(2).name == "mine");
    CHECK(r.branches.at(0).step == "to[0]");
    CHECK(r.branches.at(0).condition.at != nullptr);
    CHECK(r.branches.at(0).sink.headers.at(0).name == "h");
    CHECK(r.branches.at(0).sink.max_age == 60s);
    CHECK(r.branches.at(0).sink.component.given.empty());
    CHECK(r.branches.at(0).on_failure->then == Then::discard);
    CHECK(r.branches.at(1).step == "to[1]");
    CHECK(r.match == Match::first);
    CHECK(r.ack == Ack::never);
    CHECK(r.ordering == Ordering::none);
    CHECK(r.parallel == 3);
    CHECK(r.drain_timeout == 5s);
    CHECK(r.on_failure.attempts == 8);
    CHECK(r.on_failure.dead_letter->backend == "a");
}

TEST_CASE("strict order, acknowledgement by hand, branches of best effort and limits are read") {
    const Reading reading =
        route(R"("ordering": "strict", "ack": "manual", "on_failure": {"max_age": "1m", "timeout": "2s"})",
              R"([{"backend": "b", "best_effort": {"queue": 5}},
                  {"backend": "b", "best_effort": {"queue": 6, "drop": "oldest"}}])");
    CHECK(reading.report.text() == "");
    const Route& r = reading.model->routes.at(0);
    CHECK(r.ordering == Ordering::strict);
    CHECK(r.ack == Ack::manual);
    CHECK(r.on_failure.max_age == 1min);
    CHECK(r.on_failure.timeout == 2s);
    REQUIRE(r.branches.at(0).best_effort);
    CHECK(r.branches.at(0).best_effort->queue == 5);
    CHECK(r.branches.at(0).best_effort->drop == Drop::newest);
    CHECK(r.branches.at(1).best_effort->drop == Drop::oldest);
    CHECK(route("", R"([{"backend": "b", "best_effort": {}}])")
              .says("/routes/r/to/0/best_effort: \"queue\" is missing"));
    CHECK(route("", R"([{"backend": "b", "best_effort": true}])").says("best_effort: expected an object"));
    CHECK(route("", R"([{"backend": "b", "best_effort": {"queue": 0}}])").says("best_effort/queue: expected 1 to"));
}

TEST_CASE("shards are a number, or an object that says where and how they run") {
    const auto read = [](const std::string& shards) {
        return Reading("{\"shards\": " + shards + R"(, "backends": {}, "routes": {"r": {"from": {"backend": "a"},
            "to": {"backend": "a"}}}})");
    };
    CHECK(read("3").model->shards == 3);
    const Reading detailed = read(R"({"count": 2, "cpus": [0, 1], "busy_poll": true})");
    CHECK(detailed.model->shards == 2);
    CHECK(detailed.model->cpus == std::vector<uint32_t>{0, 1});
    CHECK(detailed.model->busy_poll);
    CHECK(read(R"({"cpu": [0]})").says("/shards/cpu: unknown name \"cpu\" (did you mean \"cpus\"?)"));
    CHECK(read(R"({"cpus": [-1]})").says("/shards/cpus/0: expected the number of a CPU"));
}

TEST_CASE("all errors are reported at once, with suggestions") {
    const Reading reading(R"({"backend": {},
        "backends": {"a": {"plugn": "p"}, "b c": {"plugin": 5}},
        "routes": {"r": {"form": {},
            "to": {"backend": "a", "max_age": 5},
            "match": "frist",
            "parallel": 0,
            "on_failure": {"atempts": 3, "delay": "5 parsecs", "then": true}}}})");
    CHECK(reading.says("f.json:1: /backend: unknown name \"backend\" (did you mean \"backends\"?)"));
    CHECK(reading.says("f.json:2: /backends/a: \"plugin\" is missing"));
    CHECK(reading.says("f.json:2: /backends/b c: the name of a backend is made of"));
    CHECK(reading.says("f.json:2: /backends/b c/plugin: expected a string, found an integer (5)"));
    CHECK(reading.says("f.json:3: /routes/r/form: unknown name \"form\" (did you mean \"from\"?)"));
    CHECK(reading.says("f.json:3: /routes/r: \"from\" is missing"));
    CHECK(
        reading.says("f.json:4: /routes/r/to/max_age: expected a duration such as \"250ms\", found an integer (5)"));
    CHECK(reading.says(
        "f.json:5: /routes/r/match: expected one of \"all\", \"first\", found \"frist\" (did you mean \"first\"?)"));
    CHECK(reading.says("f.json:6: /routes/r/parallel: expected 1 to 256, found 0"));
    CHECK(reading.says(
        "f.json:7: /routes/r/on_failure/atempts: unknown name \"atempts\" (did you mean \"attempts\"?)"));
    CHECK(reading.says("f.json:7: /routes/r/on_failure/delay: unknown unit of time"));
    CHECK(reading.says("f.json:7: /routes/r/on_failure/then: expected one of"));
}

TEST_CASE("things of the wrong shape are told apart") {
    CHECK(Reading("[]").says("f.json:1: expected an object, found a list"));
    CHECK(Reading("{}").says("\"backends\" is missing"));
    CHECK(Reading("{}").says("\"routes\" is missing"));
    CHECK(Reading(R"({"backends": [], "routes": 1})").says("/backends: expected an object, found a list"));
    CHECK(Reading(R"({"backends": {}, "routes": {}})").says("/routes: there is no route"));
    CHECK(route("", "5").says("/routes/r/to: expected a sink (an object) or a list of branches, found an integer"));
    CHECK(route("", "[]").says("/routes/r/to: there is no branch"));
    CHECK(route("", "[1]").says(
        "/routes/r/to/0: expected an object such as { \"backend\": ..., ... }, found an integer"));
    CHECK(route("\"through\": {}")
              .says("/routes/r/through: expected a list such as [{ \"plugin\": \"filter\", ... }], found an object"));
    CHECK(route("\"through\": [{\"plugin\": \"s\", \"name\": \"x\"}, {\"plugin\": \"s\", \"name\": \"x\"}]")
              .says("another stage before it is called \"x\""));
    CHECK(route("\"on_failure\": {\"delay\": \"5s\", \"max_delay\": \"1s\"}")
              .says("\"max_delay\" is shorter than \"delay\""));
    CHECK(route("\"on_failure\": {\"dead_letter\": {\"backend\": \"b\"}, \"then\": \"stop\"}")
              .says("warning: \"then\" has no effect beside"));
    CHECK(route("\"drain_timeout\": \"${env:NOPE}\"").says("the environment variable \"NOPE\" is not set"));
    CHECK(route("\"ack\": \"${topic}\"").says("holds a placeholder ${...} of templates"));
}

TEST_CASE("a delay longer than the default max_delay raises it") {
    const Reading reading = route("\"on_failure\": {\"delay\": \"5m\"}");
    REQUIRE(reading.report.text() == "");
    CHECK(reading.model->routes[0].on_failure.max_delay == 5min);
}
