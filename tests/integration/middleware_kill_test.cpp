// The host is killed with -9 four times while messages are held, collected or remembered by a stage: none is lost.
// LEAT_STAGE_KILL_MESSAGES in the environment changes the number of messages of each case, 24,000.
#include <doctest/doctest.h>

#include "integration/scene.hpp"
#include "support/paths.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

constexpr int kKills = 4;

std::uint64_t messages() { return static_cast<std::uint64_t>(setting("LEAT_STAGE_KILL_MESSAGES", 24'000)); }

Kafka& kafka() {
    static Kafka one;
    return one;
}

struct Subject {
    std::string name;       ///< The topic in Kafka, too.
    std::string through;    ///< The stages, as JSON.
    std::string rest = "";  ///< More members of the route, each with a comma before it.
    bool keeps_headers = true;
};

std::string configuration(const Subject& subject, const Mosquitto& mqtt) {
    return R"({ "backends": { "plant": { "plugin": "mqtt", "client_id": "gateway", "url": ")" + mqtt.url() +
           R"(" }, "central": { "plugin": "kafka", "brokers": ")" + kafka().brokers() +
           R"(" } }, "routes": { "bridge": { "from": { "backend": "plant", "topics": ["in/#"], "qos": 1 }, "through": [)" +
           subject.through + R"(], "to": { "backend": "central", "topic": ")" + subject.name +
           R"(", "key": "${topic[1]}" })" + subject.rest + " } } }\n";
}

void survives_four_kills(const Subject& subject) {
    Mosquitto mqtt;
    kafka().create_topic(subject.name, kPartitions);
    Scene scene;
    scene.configure(configuration(subject, mqtt));
    scene.start_host();
    scene.wait_until_subscribed(mqtt);

    Process collector =
        scene.collect(kafka(), {.count = messages(), .topic = subject.name, .has_headers = subject.keeps_headers});
    scene.hold_back_after(messages() * 3 / 4);
    Process publisher = scene.publish(mqtt, {.count = messages()});
    scene.kill_on_the_way(messages(), kKills);
    CHECK(publisher.wait(1min) == 0);
    CHECK(collector.wait(1min) == 0);
    const Verdict verdict =
        scene.judge("four kills with " + subject.name, scene.file("published"), scene.file("landed"));
    CHECK(verdict.published == messages());
    CHECK(verdict.lost == 0);
    CHECK(verdict.corrupt == 0);
    if (verdict.lost || verdict.corrupt) MESSAGE(scene.host_log());
}

const std::string kDeadLetter =
    R"(, "on_failure": { "dead_letter": { "backend": "central", "topic": "circuit_breaker", "key": "${topic[1]}" } })";

}  // namespace

TEST_CASE("delay: what waits for its time is not lost") {
    survives_four_kills({.name = "delay", .through = R"({ "plugin": "delay", "for": "20ms" })"});
}

TEST_CASE("throttle: what waits for the rate is not lost") {
    survives_four_kills({.name = "throttle",
                         .through = R"({ "plugin": "throttle", "rate": "1000/s", "burst": 50, "key": "${topic}" })"});
}

TEST_CASE("batch and unbatch: what is collected is not lost, nor part of what was taken apart") {
    survives_four_kills({.name = "batch",
                         .through = R"({ "plugin": "batch", "count": 50, "time": "50ms", "by": "${topic}" },
                                       { "plugin": "unbatch" })",
                         .keeps_headers = false});
}

TEST_CASE("duplicate and deduplicate: no copy is dropped before another one has landed") {
    survives_four_kills({.name = "deduplicate",
                         .through = R"({ "plugin": "duplicate", "topics": ["${topic}"] },
                                       { "plugin": "deduplicate", "id": "${header:n}" },
                                       { "plugin": "fault", "retry": 0.01 })",
                         .rest = R"(, "on_failure": { "delay": "1ms", "max_delay": "5ms" })"});
}

TEST_CASE("circuit_breaker: what waits for it to close is not lost") {
    survives_four_kills({.name = "circuit_breaker",
                         .through = R"({ "plugin": "circuit_breaker", "failures": 2, "open_for": "20ms" },
                                       { "plugin": "fault", "reject": 0.02 })",
                         .rest = kDeadLetter});
}

TEST_CASE("timeout: what is given up and sent again is not lost") {
    survives_four_kills({.name = "timeout",
                         .through = R"({ "plugin": "timeout", "after": "100ms" },
                                       { "plugin": "fault", "delay": 0.0005, "delay_for": "150ms" })",
                         .rest = R"(, "on_failure": { "delay": "1ms", "max_delay": "5ms" })"});
}

TEST_CASE("all of them in one route") {
    survives_four_kills({.name = "all",
                         .through = R"({ "plugin": "correlation" },
                                       { "plugin": "ignore_errors", "reasons": ["never given"] },
                                       { "plugin": "timeout", "after": "5s" },
                                       { "plugin": "circuit_breaker", "slow": "3s", "open_for": "50ms" },
                                       { "plugin": "duplicate", "topics": ["${topic}"] },
                                       { "plugin": "deduplicate", "id": "${header:n}" },
                                       { "plugin": "throttle", "rate": "30000/s", "burst": 100 },
                                       { "plugin": "delay", "for": "5ms" },
                                       { "plugin": "batch", "count": 20, "time": "10ms", "by": "${topic}" },
                                       { "plugin": "unbatch" })",
                         .rest = R"(, "on_failure": { "then": "source" })",
                         .keeps_headers = false});
}
