// Each broker is restarted twice while the host moves messages.
// LEAT_RESTART_MESSAGES in the environment changes the number of messages, 300,000.
#include <doctest/doctest.h>

#include <functional>
#include <sstream>

#include "integration/scene.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

std::uint64_t messages() { return static_cast<std::uint64_t>(setting("LEAT_RESTART_MESSAGES", 300'000)); }

/** Restarts the brokers by turns as the collector's ids pass 1/6, 2/6 ... of all. */
void restart_on_the_way(Scene& scene, Mosquitto& mqtt, Kafka& kafka) {
    for (std::uint64_t turn = 1; turn <= 4; ++turn) {
        std::uint64_t seen = 0;
        const bool reached =
            eventually([&] { return (seen = scene.landed().distinct()) >= messages() * turn / 6; }, 3min, 1ms);
        REQUIRE_MESSAGE(reached, "only " << seen << " landed\n" << scene.host_log());
        const auto begin = std::chrono::steady_clock::now();
        if (turn % 2 == 1) {
            mqtt.restart();
        } else {
            kafka.restart();
        }
        std::ostringstream line;
        line << "restart " << turn << " of " << (turn % 2 == 1 ? "Mosquitto" : "Kafka") << ": seen landed " << seen
             << ", to come " << messages() - seen << ", away "
             << std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() << " s";
        note(line.str());
    }
}

void finish(Scene& scene, Process& publisher, Process& collector, const std::string& title) {
    CHECK(publisher.wait(3min) == 0);
    CHECK(collector.wait(3min) == 0);
    CHECK_MESSAGE(scene.host().running(), scene.host_log());
    const Verdict verdict = scene.judge(title, scene.file("published"), scene.file("landed"));
    CHECK(verdict.published == messages());
    CHECK(verdict.lost == 0);
    CHECK(verdict.corrupt == 0);
    if (!verdict.clean()) MESSAGE(scene.host_log());
}

}  // namespace

TEST_CASE("MQTT to Kafka: two restarts of each broker lose nothing") {
    Mosquitto mqtt({.persistence = true});
    Kafka kafka;
    kafka.create_topic("landed", kPartitions);
    Scene scene;
    scene.configure(mqtt_to_kafka(mqtt, kafka));
    scene.start_host();
    scene.wait_until_subscribed(mqtt);
    Process collector = scene.collect(kafka, {.count = messages()});
    Process publisher = scene.publish(mqtt, {.count = messages()});
    restart_on_the_way(scene, mqtt, kafka);
    finish(scene, publisher, collector, "each broker restarted twice, MQTT -> Kafka");
}

TEST_CASE("Kafka to MQTT: two restarts of each broker lose nothing") {
    Mosquitto mqtt({.persistence = true});
    Kafka kafka;
    kafka.create_topic("commands", kPartitions);
    Scene scene;
    scene.configure(kafka_to_mqtt(mqtt, kafka));
    Process collector = scene.collect(mqtt, {.count = messages()});
    Process producer = scene.publish(kafka, {.count = messages(), .topic = "commands"});
    scene.start_host();
    restart_on_the_way(scene, mqtt, kafka);
    finish(scene, producer, collector, "each broker restarted twice, Kafka -> MQTT");
}
