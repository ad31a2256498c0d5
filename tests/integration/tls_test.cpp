// Encrypted and authenticated connections through the host, with real brokers: what flows, and what is refused with
// which words.
#include <doctest/doctest.h>

#include <fstream>

#include "integration/scene.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kCount = "5000";

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string with_certificate(const Certificates& ours) {
    return R"("tls": { "ca": )" + quoted(ours.ca()) + R"(, "cert": )" + quoted(ours.client()) + R"(, "key": )" +
           quoted(ours.client_key()) + " }";
}

std::string login(const std::string& mechanism, const std::string& password) {
    return R"("sasl": { "mechanism": ")" + mechanism + R"(", "user": "leat", "password": )" + quoted(password) + " }";
}

std::string kafka_backend(const std::string& brokers, const std::string& more) {
    return R"({ "plugin": "kafka", "brokers": )" + quoted(brokers) + ", " + more + " }";
}

/** Console lines into a topic: the smallest route that needs the cluster. */
std::string lines_to(const std::string& backend) {
    return R"({ "backends": { "central": )" + backend + R"(, "numbers": { "plugin": "generate" } },
      "routes": { "r": { "from": { "backend": "numbers", "count": 3 },
                         "to": { "backend": "central", "topic": "said" } } } })";
}

/** Runs the host until its log has these words. */
void check_refused(const std::string& backend, std::initializer_list<const char*> words) {
    Scene scene;
    scene.configure(lines_to(backend));
    scene.start_host();
    for (const char* word : words) CHECK_MESSAGE(scene.host().says(word), word << " is not in\n" << scene.host_log());
    CHECK(scene.host().running());  // it waits for the broker to become another one
    scene.host().kill();
}

}  // namespace

TEST_CASE("messages flow both ways over TLS with client certificates, and over TLS with a password") {
    const Certificates ours;
    Mosquitto mqtt({.tls = &ours, .client_certificates = true});
    Kafka kafka({.tls = &ours, .client_certificates = true, .users = {{"leat", "right"}}});
    kafka.create_topic("landed", kPartitions);
    for (const char* mechanism : {"SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"}) {
        Scene scene;
        const std::string tag = mechanism;
        CAPTURE(tag);
        kafka.create_topic(tag, kPartitions);
        scene.configure(R"({ "backends": {
            "plant": { "plugin": "mqtt", "client_id": ")" +
                        tag + R"(", "url": )" + quoted(mqtt.tls_url()) + ", " + with_certificate(ours) + R"( },
            "certified": )" +
                        kafka_backend(kafka.tls_brokers(), with_certificate(ours)) + R"(,
            "named": )" +
                        kafka_backend(kafka.sasl_tls_brokers(),
                                      R"("tls": { "ca": )" + quoted(ours.ca()) + " }, " + login(mechanism, "right")) +
                        R"( },
          "routes": {
            "up": { "from": { "backend": "plant", "topics": ["in/)" +
                        tag + R"(/#"], "qos": 1 },
                    "to": { "backend": "certified", "topic": ")" +
                        tag + R"(", "key": "${topic[2]}" } },
            "across": { "from": { "backend": "named", "topics": [")" +
                        tag + R"("], "group": ")" + tag + R"(" },
                        "to": { "backend": "named", "topic": "again-)" +
                        tag + R"(" } },
            "down": { "from": { "backend": "certified", "topics": ["again-)" +
                        tag + R"("], "group": "again" },
                      "to": { "backend": "plant", "topic": "out/)" +
                        tag + R"(/${key}", "qos": 1 } } } })");
        Process collector =
            scene.start_tool("mqtt_collect", {"--port", std::to_string(mqtt.port()), "--client-id", "for-" + tag,
                                              "--topic", "out/" + tag + "/#", "--expect", kCount, "--idle", "60",
                                              "--key", "1", "--headers", "1", "--record", scene.file("landed")});
        REQUIRE(eventually([&] { return mqtt.logged(" out/" + tag) > 0; }));
        scene.start_host();
        REQUIRE_MESSAGE(eventually([&] { return mqtt.logged(" in/" + tag) > 0; }), scene.host_log());
        Process publisher =
            scene.start_tool("mqtt_publish", {"--port", std::to_string(mqtt.port()), "--prefix", "in/" + tag,
                                              "--count", kCount, "--record", scene.file("published")});
        CHECK(publisher.wait(1min) == 0);
        CHECK_MESSAGE(collector.wait(2min) == 0, scene.host_log());
        CHECK_MESSAGE(scene.host().stop() == 0, scene.host_log());
        const Verdict verdict =
            scene.judge("TLS, then " + tag + " over TLS", scene.file("published"), scene.file("landed"));
        CHECK(verdict.published == std::stoull(kCount));
        CHECK(verdict.lost == 0);
        CHECK(verdict.corrupt == 0);
        CHECK(verdict.disordered == 0);
    }
}

TEST_CASE("a Kafka of another authority, of another name, or that wants a certificate is refused with words") {
    const Certificates ours;
    const Certificates others;
    const Certificates elsewhere("DNS:elsewhere.example");
    Kafka kafka({.tls = &ours, .client_certificates = true});
    check_refused(kafka_backend(kafka.tls_brokers(), with_certificate(others)), {"certificate verify failed"});
    check_refused(kafka_backend(kafka.tls_brokers(), R"("tls": { "ca": )" + quoted(ours.ca()) + " }"),
                  {"certificate"});
    Kafka named({.tls = &elsewhere});
    check_refused(kafka_backend(named.tls_brokers(), R"("tls": { "ca": )" + quoted(elsewhere.ca()) + " }"),
                  {"certificate verify failed", "another host name"});
    Scene scene;  // and not when nobody asks who it is
    scene.configure(lines_to(kafka_backend(
        named.tls_brokers(), R"("tls": { "ca": )" + quoted(elsewhere.ca()) + R"(, "verify": false })")));
    scene.start_host();
    CHECK_MESSAGE(scene.host().says("landed 3"), scene.host_log());
    CHECK(scene.host().stop() == 0);
}

TEST_CASE("a wrong password is told in words; the route waits, and goes on with the right one") {
    const Certificates ours;
    Kafka kafka({.tls = &ours, .users = {{"leat", "right"}}});
    Scene scene;
    std::ofstream(scene.file("password")) << "wrong";
    scene.configure(lines_to(kafka_backend(kafka.sasl_tls_brokers(),
                                           R"("tls": { "ca": )" + quoted(ours.ca()) + " }, " +
                                               login("SCRAM-SHA-512", "${file:" + scene.file("password") + '}'))));
    scene.start_host();
    CHECK_MESSAGE(scene.host().says("uthentication failed"), scene.host_log());
    CHECK(scene.host().running());
    std::ofstream(scene.file("password")) << "right";
    CHECK_MESSAGE(scene.host().says("landed 3"), scene.host_log());
    CHECK(scene.host().stop() == 0);
}

TEST_CASE("a Mosquitto of another authority, of another name, or that wants a certificate is refused with words") {
    const Certificates ours;
    const Certificates others;
    const Certificates elsewhere("DNS:elsewhere.example");
    const auto mqtt_backend = [](const Mosquitto& broker, const std::string& tls) {
        return R"({ "plugin": "mqtt", "client_id": "gateway", "url": )" + quoted(broker.tls_url()) + ", " + tls +
               " }";
    };
    Mosquitto mqtt({.tls = &ours, .client_certificates = true});
    check_refused(mqtt_backend(mqtt, with_certificate(others)), {"certificate"});
    check_refused(mqtt_backend(mqtt, R"("tls": { "ca": )" + quoted(ours.ca()) + " }"), {"certificate"});
    Mosquitto named({.tls = &elsewhere});
    check_refused(mqtt_backend(named, R"("tls": { "ca": )" + quoted(elsewhere.ca()) + " }"), {"ost"});
}
