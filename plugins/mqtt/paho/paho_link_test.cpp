// The Paho engine against a real Mosquitto: sinks; and over TCP, TLS, WebSocket and an HTTP proxy.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "native/relay.hpp"
#include "paho/paho_rig.hpp"
#include "support/certificates.hpp"
#include "support/eventually.hpp"

using namespace leat::mqtt;
using namespace leat::mqtt::test;

namespace {

std::vector<std::string> first_arrivals(Rig& rig) {
    std::vector<std::string> first;
    std::set<std::string> seen;
    for (const std::string& payload : rig.inlet.payloads())
        if (seen.insert(payload).second) first.push_back(payload);
    return first;
}

}  // namespace

TEST_CASE(
    "paho: over a broker's restart a source goes on where it was, and a sink loses nothing and keeps the order") {
    Mosquitto broker({.persistence = true, .extra = kUnlimited});
    SUBCASE("source") {
        PahoRig rig(broker);
        acknowledge_all(rig);
        rig.start_paho_source();
        REQUIRE(rig.subscribed());
        rig.start_sink();
        rig.publish("t/a", numbered(1, 500));
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 100; }));
        broker.restart();
        REQUIRE(rig.all_landed());
        REQUIRE(
            rig.host.run_until([&] { return !rig.inlet.arrivals.empty() && rig.inlet.payloads().back() == "500"; }));
        CHECK(first_arrivals(rig) == numbered(1, 500));
    }
    SUBCASE("sink") {
        PahoRig rig(broker);
        acknowledge_all(rig);
        rig.start_source();
        REQUIRE(rig.source_is_up());
        rig.host.run_for(50ms);
        rig.start_paho_sink();
        rig.publish("t/a", numbered(1, 3000));
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 500; }));
        broker.restart();
        REQUIRE(rig.all_landed());
        REQUIRE(rig.host.run_until([&] { return first_arrivals(rig).size() == 3000; }));
        CHECK(first_arrivals(rig) == numbered(1, 3000));
        for (const int outcome : rig.outcomes) CHECK(outcome == static_cast<int>(LEAT_ACK));
    }
}

TEST_CASE("paho sink: what is handed over before it knows of a loss does not overtake what was under way") {
    Mosquitto broker({.extra = kUnlimited});
    Relay relay(broker.port());
    PahoRig rig(broker);
    acknowledge_all(rig);
    rig.start_source();
    REQUIRE(rig.source_is_up());
    rig.host.run_for(50ms);
    rig.paho.port = relay.port();
    rig.start_paho_sink();
    REQUIRE(rig.host.run_until([&] { return rig.host.last_state("sink") == LEAT_STATE_UP; }));
    const auto connections = [&] { return broker.logged("New client connected", "rig.sinks.0"); };
    const int before = connections();
    const auto one_turn = [&] {
        int turns = 0;
        (void)rig.host.run_until([&] { return turns++ == 1; });
    };
    std::vector<std::string> all = numbered(1, 200);
    for (std::string& text : all) text += std::string(1000, '.');
    relay.cut_every(20'000, 1);  // of 1 .. 100 some 20 come through
    rig.publish("t/a", {all.begin(), all.begin() + 100});
    one_turn();
    // The shard is busy elsewhere while the connection ends and the next one begins.
    REQUIRE(eventually([&] { return connections() > before; }));
    rig.publish("t/a", {all.begin() + 100, all.end()});
    REQUIRE(rig.all_landed());
    REQUIRE(rig.host.run_until([&] { return first_arrivals(rig).size() == 200; }));
    CHECK(first_arrivals(rig) == all);
}

TEST_CASE("paho sink: QoS 0, 1 and 2, both versions") {
    Mosquitto broker({.extra = kUnlimited});
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        for (const int qos : {0, 1, 2}) {
            CAPTURE(static_cast<int>(version));
            CAPTURE(qos);
            PahoRig rig(broker, version);
            acknowledge_all(rig);
            rig.options.qos = 2;
            rig.start_source();
            REQUIRE(rig.source_is_up());
            rig.host.run_for(50ms);
            rig.start_paho_sink(qos);
            rig.publish("t/a", numbered(1, 1200));
            REQUIRE(rig.all_landed());
            REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 1200; }));
            CHECK(rig.inlet.payloads() == numbered(1, 1200));
        }
    }
}

TEST_CASE("paho: headers travel both ways") {
    Mosquitto broker({.extra = kUnlimited});
    const std::vector<leat_header> headers{{leat::bytes("content-type"), leat::bytes("text/plain")},
                                           {leat::bytes("mqtt-response-topic"), leat::bytes("answers/here")},
                                           {leat::bytes("mqtt-correlation-data"), leat::bytes("c-17")},
                                           {leat::bytes("mqtt-message-expiry"), leat::bytes("600")},
                                           {leat::bytes("mqtt-payload-format"), leat::bytes("utf-8")},
                                           {leat::bytes("trace"), leat::bytes("abc")}};
    PahoRig rig(broker);
    acknowledge_all(rig);
    rig.headers = headers;
    SUBCASE("source") {
        rig.start_paho_source();
        REQUIRE(rig.subscribed());
        rig.start_sink();
    }
    SUBCASE("sink") {
        rig.start_source();
        REQUIRE(rig.source_is_up());
        rig.host.run_for(50ms);
        rig.start_paho_sink();
    }
    rig.publish("t/h", {std::string(1U << 20U, 'm')});
    REQUIRE(rig.all_landed());
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 1; }));
    auto& arrival = rig.inlet.arrivals[0];
    CHECK(arrival.payload.size() == 1U << 20U);
    for (const leat_header& h : headers)
        CHECK(arrival.headers[std::string(leat::view(h.name))] == std::string(leat::view(h.value)));
}

TEST_CASE("paho sink: a publish that rights forbid is a reject with its reason in version 5") {
    Folder folder;
    const std::string rights = folder.write("acl", "topic write t/allowed\n");
    Mosquitto broker({.extra = "acl_file " + rights + "\n"});
    PahoRig rig(broker);
    rig.start_paho_sink();
    rig.publish("t/allowed", {"x"});
    rig.publish("t/denied", {"y"});
    rig.publish("t/allowed", {"z"});
    REQUIRE(rig.all_landed());
    CHECK(rig.outcomes == std::vector<int>{LEAT_ACK, LEAT_REJECT, LEAT_ACK});
    CHECK(rig.reasons.at(0) == "the broker says: not authorized (0x87)");
}

TEST_CASE("paho: WebSocket and TLS, source and sink") {
    const Certificates certificates;
    Mosquitto broker({.tls = &certificates, .client_certificates = true, .websockets = true, .extra = kUnlimited});
    struct Way {
        const char* name;
        std::uint16_t port;
        bool is_websocket;
        bool uses_tls;
    };
    for (const Way& way : {Way{"mqtts", broker.tls_port(), false, true}, Way{"ws", broker.ws_port(), true, false},
                           Way{"wss", broker.wss_port(), true, true}}) {
        CAPTURE(way.name);
        for (const bool source : {true, false}) {
            CAPTURE(source);
            PahoRig rig(broker);
            acknowledge_all(rig);
            rig.paho.host = "localhost";
            rig.paho.port = way.port;
            rig.paho.is_websocket = way.is_websocket;
            rig.paho.path = way.is_websocket ? "/mqtt" : "";
            rig.paho.uses_tls = way.uses_tls;
            if (way.uses_tls)
                rig.paho.tls = {certificates.ca(), certificates.client(), certificates.client_key(), "", true};
            if (source) {
                rig.start_paho_source();
                REQUIRE(rig.subscribed());
                rig.start_sink();
            } else {
                rig.start_source();
                REQUIRE(rig.source_is_up());
                rig.host.run_for(50ms);
                rig.start_paho_sink();
            }
            // A topic of its own: the session is shared, and a last PUBACK may have come too late.
            const std::string topic = std::string("t/") + way.name + (source ? "/source" : "/sink");
            std::vector<std::string> payloads;
            rig.inlet.at_once = [&](const ScriptedInlet::Arrival& arrival) {
                if (arrival.topic == topic) payloads.push_back(arrival.payload);
                return LEAT_ACK;
            };
            rig.publish(topic, numbered(1, 200));
            REQUIRE(rig.all_landed());
            REQUIRE(rig.host.run_until([&] { return payloads.size() >= 200; }));
            CHECK(payloads == numbered(1, 200));
        }
    }
}

TEST_CASE("paho: a certificate of an unknown authority is refused") {
    const Certificates certificates;
    const Certificates others;
    Mosquitto broker({.tls = &certificates, .extra = kUnlimited});
    PahoRig rig(broker);
    rig.paho.host = "localhost";
    rig.paho.port = broker.tls_port();
    rig.paho.uses_tls = true;
    rig.paho.tls.ca = others.ca();
    rig.start_paho_sink();
    REQUIRE(rig.host.run_until([&] { return rig.host.last_state("sink") == LEAT_STATE_DOWN; }));
    CHECK(rig.host.last_reason("sink").find("over TLS") != std::string::npos);
}

TEST_CASE("paho: through an HTTP proxy, with user and password, source and sink") {
    Mosquitto broker({.extra = kUnlimited});
    Tunnel proxy("127.0.0.1", broker.port(), "");  // it speaks CONNECT as a proxy does
    for (const bool source : {true, false}) {
        CAPTURE(source);
        PahoRig rig(broker);
        acknowledge_all(rig);
        rig.paho.proxy = "user:secret@" + proxy.address();
        if (source) {
            rig.start_paho_source();
            REQUIRE(rig.subscribed());
            rig.start_sink();
        } else {
            rig.start_source();
            REQUIRE(rig.source_is_up());
            rig.host.run_for(50ms);
            rig.start_paho_sink();
        }
        rig.publish(source ? "t/source" : "t/sink", numbered(1, 100));
        REQUIRE(rig.all_landed());
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 100; }));
        for (const std::string& n : numbered(1, 100)) {
            const auto all = rig.inlet.payloads();
            CHECK(std::find(all.begin(), all.end(), n) != all.end());
        }
    }
}

TEST_CASE("paho: a broker that is away, a wrong password and a refused filter are states with their reasons") {
    Folder folder;
    const std::string rights = folder.write("acl", "user leat\ntopic read t/#\n");
    Mosquitto broker({.users = {{"leat", "right"}}, .extra = "acl_file " + rights + "\n"});
    PahoRig rig(broker);
    const auto down_with = [&](const char* words) {
        return rig.host.run_until([&] {
            return rig.host.last_state("source") == LEAT_STATE_DOWN &&
                   rig.host.last_reason("source").find(words) != std::string::npos;
        });
    };
    SUBCASE("away") {
        rig.paho.port = 1;
        rig.start_paho_source();
        CHECK(down_with("127.0.0.1:1: Connection refused"));
    }
    SUBCASE("password") {
        rig.paho.connect.user = "leat";
        rig.paho.connect.password = "wrong";
        rig.start_paho_source();
        CHECK(down_with("not authorized (0x87)"));
        CHECK(rig.host.last_reason("source").find("Paho") == std::string::npos);
    }
    SUBCASE("password, 3.1.1") {
        rig.paho.connect.version = Version::v3_1_1;
        rig.paho.connect.user = "leat";
        rig.paho.connect.password = "wrong";
        rig.start_paho_source();
        CHECK(down_with("not authorized (0x05)"));
    }
}

TEST_CASE("paho sink: its will is published when it is dropped, and taken away by an orderly stop") {
    Mosquitto broker({.extra = kUnlimited});
    for (const bool drops : {true, false}) {
        CAPTURE(drops);
        PahoRig rig(broker);
        acknowledge_all(rig);
        rig.options.topics = {"status/#"};
        rig.start_source();
        REQUIRE(rig.source_is_up());
        rig.host.run_for(50ms);
        Relay relay(broker.port());
        rig.paho.port = relay.port();
        Will will;
        will.topic = "status/gw";
        will.payload = "gone";
        will.qos = 1;
        will.content_type = "text/plain";
        rig.paho.connect.will = will;
        rig.start_paho_sink();
        REQUIRE(rig.host.run_until([&] { return rig.host.last_state("sink") == LEAT_STATE_UP; }));
        if (drops)
            relay.cut();
        else
            rig.stop_paho_sink();
        if (!drops)
            REQUIRE(run({"mosquitto_pub", "-p", std::to_string(broker.port()), "-t", "status/x", "-m", "mark"}) == 0);
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 1; }));
        CHECK(rig.inlet.arrivals[0].payload == (drops ? "gone" : "mark"));
        if (drops) CHECK(rig.inlet.arrivals[0].headers["content-type"] == "text/plain");
    }
}
