// "ordering": "strict" between real brokers: every 1,000th message is refused twice, some time after it was sent, and
// the host is killed with -9 on the way; nothing lands before what stands before it in its lane.
// LEAT_STRICT_MESSAGES in the environment changes the number of messages, 30,000.
#include <doctest/doctest.h>

#include <filesystem>

#include "integration/scene.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

constexpr int kManyLanes = 256;  // one message of a lane is under way at a time, so it takes many to be quick

std::uint64_t messages() { return static_cast<std::uint64_t>(setting("LEAT_STRICT_MESSAGES", 30'000)); }

Kafka& kafka() {
    static Kafka one;
    return one;
}

RouteText refused_late(const Scene& scene, const std::string& ordering) {
    return {
        .through = R"("through": [ { "plugin": "late_refuser", "record": ")" + scene.file("refusals") + R"(" } ],)",
        .rest = R"(, "ordering": ")" + ordering + R"(", "on_failure": { "attempts": 5, "delay": "5ms" })"};
}

std::uint64_t first_part() { return messages() * 3 / 4; }

/** Kills the host in the middle, publishes the rest, waits until all has landed, and compares. */
Verdict judge_with_kill(Scene& scene, Process& publisher, Process& collector, const std::string& title) {
    scene.wait_until_landed(messages() / 2);
    scene.host().kill();
    scene.start_host();
    scene.release();
    CHECK(publisher.wait(2min) == 0);
    CHECK(collector.wait(2min) == 0);
    const Verdict verdict = scene.judge(title, scene.file("published"), scene.file("landed"));
    CHECK(verdict.published == messages());
    CHECK(verdict.lost == 0);
    CHECK(verdict.corrupt == 0);
    CHECK(std::filesystem::file_size(scene.file("refusals")) >= messages() / 1000 * 2);
    if (!verdict.clean()) MESSAGE(scene.host_log());
    return verdict;
}

/** Much has been published when the host starts, so its batches are full. */
Verdict run_kafka_to_kafka(const std::string& ordering, int lanes) {
    const std::string from = "commands-" + ordering;
    const std::string to = "landed-" + ordering;
    kafka().create_topic(from, kPartitions);
    kafka().create_topic(to, kPartitions);
    Scene scene;
    RouteText text = refused_late(scene, ordering);
    text.from = R"(, "lane": "${key}", "session_timeout": "2s")";
    scene.configure(kafka_to_kafka(kafka(), from, to, text));
    scene.hold_back_after(first_part());
    Process producer = scene.publish(kafka(), {.count = messages(), .topic = from, .lanes = lanes});
    REQUIRE(eventually([&] { return scene.published().distinct() == first_part(); }, 1min));
    Process collector = scene.collect(kafka(), {.count = messages(), .topic = to, .lanes = lanes});
    scene.start_host();
    return judge_with_kill(scene, producer, collector, "one kill, " + ordering + ", Kafka -> Kafka");
}

}  // namespace

TEST_CASE("strict, Kafka to Kafka: nothing lands before what stands before it, past refusals and a kill") {
    CHECK(run_kafka_to_kafka("strict", kManyLanes).disordered == 0);
}

TEST_CASE("with ordering lane what had already left behind a refused message lands before it, and the audit tells") {
    // Of so few lanes each batch has several messages, and those behind a refused one have left with it.
    CHECK(run_kafka_to_kafka("lane", 16).disordered > 0);
}

TEST_CASE("strict, MQTT to Kafka: nothing lands before what stands before it, past refusals and a kill") {
    Mosquitto mqtt;
    kafka().create_topic("landed", kPartitions);
    Scene scene;
    scene.configure(mqtt_to_kafka(mqtt, kafka(), refused_late(scene, "strict")));
    scene.start_host();
    scene.wait_until_subscribed(mqtt);
    Process collector = scene.collect(kafka(), {.count = messages(), .lanes = kManyLanes});
    scene.hold_back_after(first_part());
    Process publisher = scene.publish(mqtt, {.count = messages(), .lanes = kManyLanes});
    CHECK(judge_with_kill(scene, publisher, collector, "one kill, strict, MQTT -> Kafka").disordered == 0);
}
