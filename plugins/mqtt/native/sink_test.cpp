// Sinks against a real Mosquitto.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "native/engine_rig.hpp"

using namespace leat::mqtt;
using namespace leat::mqtt::test;

TEST_CASE("a sink keeps what is unconfirmed while its broker is away, and sends it in order") {
    Mosquitto broker({.persistence = true, .extra = kUnlimited});
    Rig rig(broker.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.subscribe_and_publish();
    broker.stop();
    rig.publish("t/a", numbered(1, 20'000));
    rig.host.run_for(100ms);
    CHECK(rig.pending == 20'000);
    broker.start();
    REQUIRE(rig.all_landed());
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 20'000; }));
    CHECK(rig.inlet.payloads() == numbered(1, 20'000));
}

TEST_CASE("without subscribers, no_subscriber decides") {
    Mosquitto broker({.extra = kUnlimited});
    const std::pair<NoSubscriberChoice, int> cases[] = {{NoSubscriberChoice::ack, LEAT_ACK},
                                                        {NoSubscriberChoice::retry, LEAT_RETRY},
                                                        {NoSubscriberChoice::reject, LEAT_REJECT}};
    for (const auto& [choice, expected] : cases) {
        Rig rig(broker.port());
        rig.start_sink("nobody/listens", choice);
        rig.publish("t/a", {"x"});
        REQUIRE(rig.all_landed());
        CHECK(rig.outcomes[0] == expected);
        if (expected != static_cast<int>(LEAT_ACK))
            CHECK(rig.reasons.at(0) == "the broker says: no matching subscribers (0x10)");
    }
}

TEST_CASE("a topic that a template made and MQTT forbids is rejected with the reason") {
    Mosquitto broker;
    Rig rig(broker.port());
    rig.start_sink("devices/${topic}");
    rig.publish("a/+", {"x"});
    REQUIRE(rig.all_landed());
    CHECK(rig.outcomes[0] == static_cast<int>(LEAT_REJECT));
    CHECK(rig.reasons.at(0) == "the topic has a wildcard in it");
}

TEST_CASE("QoS 0 messages have landed when written, and arrive") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.options.qos = 0;
    rig.subscribe();
    rig.start_sink("${topic}", NoSubscriberChoice::ack, 0);
    rig.publish("t/a", numbered(1, 500));
    REQUIRE(rig.all_landed());
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 500; }));
    CHECK(rig.inlet.payloads() == numbered(1, 500));
    CHECK(rig.flow().landed == 500);
}

TEST_CASE("headers travel as properties, and a message of a megabyte arrives whole") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.subscribe_and_publish();
    const leat_header headers[] = {{leat::bytes("content-type"), leat::bytes("text/plain")},
                                   {leat::bytes("mqtt-response-topic"), leat::bytes("answers/here")},
                                   {leat::bytes("mqtt-correlation-data"), leat::bytes("c-17")},
                                   {leat::bytes("mqtt-message-expiry"), leat::bytes("600")},
                                   {leat::bytes("mqtt-payload-format"), leat::bytes("utf-8")},
                                   {leat::bytes("trace"), leat::bytes("abc")}};
    const std::string large(1U << 20U, 'm');
    leat_message m{};
    m.topic = leat::bytes("t/h");
    m.payload = leat::bytes(large);
    m.headers = headers;
    m.header_count = 6;
    m.receipt = {&rig.settler, 0};
    rig.outcomes.push_back(-1);
    rig.pending = 1;
    rig.sink->c()->inlet->push(rig.sink->c()->inlet, &m, 1);
    REQUIRE(rig.all_landed());
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 1; }));
    const ScriptedInlet::Arrival& a = rig.inlet.arrivals[0];
    CHECK(a.payload == large);
    CHECK(a.headers.size() == 6);
    CHECK(a.headers.at("content-type") == "text/plain");
    CHECK(a.headers.at("mqtt-response-topic") == "answers/here");
    CHECK(a.headers.at("mqtt-correlation-data") == "c-17");
    CHECK(a.headers.at("mqtt-message-expiry") == "600");
    CHECK(a.headers.at("mqtt-payload-format") == "utf-8");
    CHECK(a.headers.at("trace") == "abc");
}

TEST_CASE("a header that is not UTF-8 is rejected in version 5, and left out like all others in 3.1.1") {
    Mosquitto broker({.extra = kUnlimited});
    for (const Version version : {Version::v5, Version::v3_1_1}) {
        CAPTURE(static_cast<int>(version));
        Rig rig(broker.port(), version);
        rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
        rig.subscribe_and_publish();
        rig.headers = {{leat::bytes("trace"), leat::bytes("\xFF")}};
        rig.publish("t/a", {"1"});
        REQUIRE(rig.all_landed());
        const bool is_v5 = version == Version::v5;
        CHECK(rig.outcomes == std::vector<int>{static_cast<int>(is_v5 ? LEAT_REJECT : LEAT_ACK)});
        if (is_v5) continue;
        REQUIRE(rig.all_arrive(1));
        CHECK(rig.inlet.arrivals[0].payload == "1");
        CHECK(rig.inlet.arrivals[0].headers.empty());
    }
}
