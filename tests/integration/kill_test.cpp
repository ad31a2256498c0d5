// The host is killed with -9 four times while it moves messages; each time some are in flight and many to come.
// LEAT_KILL_MESSAGES in the environment changes the number of messages, 300,000.
#include <doctest/doctest.h>

#include <sstream>
#include <thread>

#include "integration/scene.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

constexpr int kKills = 4;

std::uint64_t messages() { return static_cast<std::uint64_t>(setting("LEAT_KILL_MESSAGES", 300'000)); }

/** Kills the host as the collector's ids pass 1/6, 2/6 ... of all, and starts it again. With `frozen`, that process
 * is frozen from shortly before each kill until after it: what was acknowledged early is then surely not landed, and
 * its acknowledgement surely read by the broker. */
void kill_on_the_way(Scene& scene, Process* frozen = nullptr) {
    for (std::uint64_t kill = 1; kill <= kKills; ++kill) {
        const auto [sent, seen] = scene.wait_until_landed(messages() * kill / 6);
        if (frozen) {
            frozen->freeze();
            REQUIRE(eventually([&, sent = sent] { return scene.published().distinct() >= sent + 5'000; }, 1min));
            std::this_thread::sleep_for(500ms);  // not waited for: the longer, the more is lost
        }
        scene.host().kill();
        if (frozen) frozen->thaw();
        std::ostringstream line;
        line << "kill " << kill << ": acknowledged to the publisher " << sent << ", seen landed " << seen
             << ", between " << sent - seen << ", to come " << messages() - seen;
        note(line.str());
        CHECK(messages() - seen >= std::min<std::uint64_t>(10'000, messages() / 3));
        scene.start_host();
    }
}

Verdict kill_mqtt_to_kafka(const RouteText& text, const std::string& title, bool freezes = false) {
    Mosquitto mqtt;
    Kafka kafka;
    kafka.create_topic("landed", kPartitions);
    Scene scene;
    scene.configure(mqtt_to_kafka(mqtt, kafka, text));
    scene.start_host();
    scene.wait_until_subscribed(mqtt);

    Process collector = scene.collect(kafka, {.count = messages(), .idle_s = freezes ? 20 : 60});
    Process publisher = scene.publish(mqtt, {.count = messages()});
    kill_on_the_way(scene, freezes ? &kafka.process() : nullptr);
    CHECK(publisher.wait(3min) == 0);
    CHECK(collector.wait(3min) == 0);
    Verdict verdict = scene.judge(title, scene.file("published"), scene.file("landed"));
    CHECK(verdict.published == messages());
    if (!verdict.clean()) MESSAGE(scene.host_log());
    return verdict;
}

}  // namespace

TEST_CASE("MQTT to Kafka: four kills of the host lose nothing") {
    const Verdict verdict = kill_mqtt_to_kafka({}, "four kills, MQTT -> Kafka");
    CHECK(verdict.lost == 0);
    CHECK(verdict.corrupt == 0);
}

TEST_CASE("MQTT to Kafka: acknowledging early loses messages, and the audit tells") {
    const Verdict verdict = kill_mqtt_to_kafka({.rest = R"(, "ack": "on_arrival")"},
                                               "four kills, MQTT -> Kafka, acknowledged on arrival", true);
    CHECK(verdict.lost > 0);
}

TEST_CASE("Kafka to MQTT: four kills of the host lose nothing") {
    Mosquitto mqtt;
    Kafka kafka;
    kafka.create_topic("commands", kPartitions);
    Scene scene;
    scene.configure(kafka_to_mqtt(mqtt, kafka));
    Process collector = scene.collect(mqtt, {.count = messages()});
    Process producer = scene.publish(kafka, {.count = messages(), .topic = "commands"});
    scene.start_host();
    kill_on_the_way(scene);
    CHECK(producer.wait(1min) == 0);
    CHECK(collector.wait(3min) == 0);
    const Verdict verdict = scene.judge("four kills, Kafka -> MQTT", scene.file("published"), scene.file("landed"));
    CHECK(verdict.published == messages());
    CHECK(verdict.lost == 0);
    CHECK(verdict.corrupt == 0);
    if (!verdict.clean()) MESSAGE(scene.host_log());
}
