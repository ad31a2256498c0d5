// The host is killed with -9 four times while it moves messages; each time some are in flight and many to come.
// LEAT_KILL_MESSAGES in the environment changes the number of messages, 300,000; with QoS 2 it is a fifth of them.
#include <doctest/doctest.h>

#include <sstream>

#include "integration/scene.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kKills = 4;

struct Subject {
    std::string title;
    int qos = 1;

    std::uint64_t messages() const {
        const auto all = static_cast<std::uint64_t>(setting("LEAT_KILL_MESSAGES", 300'000));
        return qos == 2 ? all / 5 : all;
    }
    std::uint64_t first_part() const { return messages() * 3 / 4; }
};

void kill_on_the_way(const Subject& subject, Scene& scene) {
    int kill = 0;
    scene.kill_on_the_way(subject.messages(), kKills, [&](const Moment& moment) {
        scene.host().kill();
        std::ostringstream line;
        line << "kill " << ++kill << ": acknowledged to the publisher " << moment.acknowledged << ", seen landed "
             << moment.landed << ", to come " << subject.messages() - moment.landed;
        note(line.str());
    });
}

void judge(const Subject& subject, Scene& scene, Process& publisher, Process& collector) {
    CHECK(publisher.wait(3min) == 0);
    CHECK(collector.wait(3min) == 0);
    const Verdict verdict =
        scene.judge("four kills, " + subject.title, scene.file("published"), scene.file("landed"));
    CHECK(verdict.published == subject.messages());
    CHECK(verdict.lost == 0);
    CHECK(verdict.corrupt == 0);
    if (!verdict.clean()) MESSAGE(scene.host_log());
}

void survives_mqtt_to_kafka(const Subject& subject) {
    Mosquitto mqtt;
    Kafka kafka;
    kafka.create_topic("landed", kPartitions);
    Scene scene;
    scene.configure(mqtt_to_kafka(mqtt, kafka, {.qos = subject.qos}));
    scene.start_host();
    scene.wait_until_subscribed(mqtt);

    scene.hold_back_after(subject.first_part());
    Process collector = scene.collect(kafka, {.count = subject.messages()});
    Process publisher = scene.publish(mqtt, {.count = subject.messages(), .qos = subject.qos});
    kill_on_the_way(subject, scene);
    judge(subject, scene, publisher, collector);
}

void survives_kafka_to_mqtt(const Subject& subject) {
    Mosquitto mqtt;
    Kafka kafka;
    kafka.create_topic("commands", kPartitions);
    Scene scene;
    scene.configure(kafka_to_mqtt(mqtt, kafka, {.qos = subject.qos}));
    scene.hold_back_after(subject.first_part());
    Process collector = scene.collect(mqtt, {.count = subject.messages()});
    Process producer = scene.publish(kafka, {.count = subject.messages(), .topic = "commands"});
    scene.start_host();
    kill_on_the_way(subject, scene);
    judge(subject, scene, producer, collector);
}

}  // namespace

TEST_CASE("MQTT to Kafka: four kills of the host lose nothing") { survives_mqtt_to_kafka({"MQTT -> Kafka"}); }

TEST_CASE("Kafka to MQTT: four kills of the host lose nothing") { survives_kafka_to_mqtt({"Kafka -> MQTT"}); }

// End to end a route is at least once, with QoS 2 too: what had been handed on, and the killed process could not
// confirm, comes again; the figure says how many.
TEST_CASE("MQTT QoS 2 to Kafka: four kills of the host lose nothing") {
    survives_mqtt_to_kafka({.title = "MQTT QoS 2 -> Kafka", .qos = 2});
}

TEST_CASE("Kafka to MQTT QoS 2: four kills of the host lose nothing") {
    survives_kafka_to_mqtt({.title = "Kafka -> MQTT QoS 2", .qos = 2});
}

TEST_CASE("MQTT to Kafka: acknowledging early loses messages, and the audit tells") {
    constexpr std::uint64_t kLanded = 5'000, kAll = 30'000, kEarly = 1'000;
    Mosquitto mqtt({.extra = "log_type debug\n"});  // a line for each packet
    Kafka kafka;
    kafka.create_topic("landed", kPartitions);
    Scene scene;
    scene.configure(mqtt_to_kafka(mqtt, kafka, {.rest = R"(, "ack": "on_arrival")"}));
    scene.start_host();
    scene.wait_until_subscribed(mqtt);
    scene.hold_back_after(kLanded);
    Process collector = scene.collect(kafka, {.count = kAll, .idle_s = 30});
    Process publisher = scene.publish(mqtt, {.count = kAll});
    scene.wait_until_landed(kLanded);
    // What comes now cannot land; some of it is acknowledged, as the broker has read, when the host is killed.
    kafka.process().freeze();
    scene.release();
    const auto acknowledged = [&] { return mqtt.logged("Received PUBACK from gateway"); };
    REQUIRE_MESSAGE(eventually([&] { return acknowledged() >= static_cast<int>(kLanded + kEarly); }, 1min, 100ms),
                    scene.host_log());
    scene.host().kill();
    kafka.kill();  // with what it has received, but not read; what had landed stays
    kafka.start();
    scene.start_host();
    CHECK(publisher.wait(3min) == 0);
    CHECK(collector.wait(3min) == 0);
    const Verdict verdict = scene.judge("one kill, MQTT -> Kafka, acknowledged on arrival", scene.file("published"),
                                        scene.file("landed"));
    CHECK(verdict.published == kAll);
    CHECK(verdict.lost >= kEarly);
}
