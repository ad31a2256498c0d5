// Without disturbances first arrivals are in order in each lane; and with `lane: ${key}` also past a handler that
// refuses. LEAT_ORDER_MESSAGES in the environment changes the number of messages, 300,000.
#include <doctest/doctest.h>

#include <filesystem>

#include "integration/scene.hpp"
#include "support/paths.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

std::uint64_t messages() { return static_cast<std::uint64_t>(setting("LEAT_ORDER_MESSAGES", 300'000)); }

void check_in_order(const Scene& scene, const std::string& title) {
    const Verdict verdict = scene.judge(title, scene.file("published"), scene.file("landed"));
    CHECK(verdict.published == messages());
    CHECK(verdict.lost == 0);
    CHECK(verdict.corrupt == 0);
    CHECK(verdict.disordered == 0);
    CHECK(verdict.twice == 0);
    if (!verdict.clean()) MESSAGE(scene.host_log());
}

void run_kafka_to_mqtt(Scene& scene, const RouteText& text, const std::string& title) {
    Mosquitto mqtt;
    Kafka kafka;
    kafka.create_topic("commands", kPartitions);
    scene.configure(kafka_to_mqtt(mqtt, kafka, text));
    Process collector = scene.collect(mqtt, {.count = messages()});
    scene.start_host();
    Process producer = scene.publish(kafka, {.count = messages(), .topic = "commands"});
    CHECK(producer.wait(2min) == 0);
    CHECK(collector.wait(4min) == 0);
    CHECK_MESSAGE(scene.host().stop() == 0, scene.host_log());
    check_in_order(scene, title);
}

}  // namespace

TEST_CASE("MQTT to Kafka: messages land in the order of their topic, once each") {
    Mosquitto mqtt;
    Kafka kafka;
    kafka.create_topic("landed", kPartitions);
    Scene scene;
    scene.configure(mqtt_to_kafka(mqtt, kafka));
    scene.start_host();
    scene.wait_until_subscribed(mqtt);
    Process collector = scene.collect(kafka, {.count = messages()});
    Process publisher = scene.publish(mqtt, {.count = messages()});
    CHECK(publisher.wait(3min) == 0);
    CHECK(collector.wait(3min) == 0);
    CHECK_MESSAGE(scene.host().stop() == 0, scene.host_log());
    check_in_order(scene, "undisturbed, MQTT -> Kafka");
}

TEST_CASE("Kafka to MQTT: messages land in the order of their partition, once each") {
    Scene scene;
    run_kafka_to_mqtt(scene, {}, "undisturbed, Kafka -> MQTT");
}

TEST_CASE("with lane ${key} messages land in the order of their key, though every 1,000th is refused twice") {
    Scene scene;
    const std::string refusals = scene.file("refusals");
    run_kafka_to_mqtt(scene,
                      {.through = R"("through": [ { "plugin": "refuser", "record": ")" + refusals + R"(" } ],)",
                       .from = R"(, "lane": "${key}")",
                       .rest = R"(, "on_failure": { "attempts": 5, "delay": "5ms" })"},
                      "every 1,000th refused twice, Kafka -> MQTT");
    CHECK(std::filesystem::file_size(refusals) == messages() / 1000 * 2);
}
