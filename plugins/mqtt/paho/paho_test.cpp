// The Paho engine against a real Mosquitto, over TCP, TLS, WebSocket and an HTTP proxy. One Paho source, or Paho
// sinks: never both in a process, so the other side is of the native engine.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "native/engine_rig.hpp"
#include "native/relay.hpp"
#include "paho/paho_sinks.hpp"
#include "paho/paho_source.hpp"
#include "support/certificates.hpp"

using namespace leat::mqtt;
using namespace leat::mqtt::test;

namespace {

// A source of Paho and a sink of the native engine, or the other way round.
struct PahoRig : Rig {
    explicit PahoRig(const Mosquitto& b, Version version = Version::v5) : Rig(b.port(), version), broker(b) {
        static_cast<ConnectionSettings&>(paho) = settings;
    }
    ~PahoRig() {
        if (paho_source != nullptr && !host.is_stopped("source")) stop_paho_source();
        if (paho_sinks != nullptr) stop_paho_sink();
    }
    PahoRig(const PahoRig&) = delete;
    PahoRig& operator=(const PahoRig&) = delete;

    void start_paho_source(Limits limits = {}) {
        PahoSettings s = paho;
        s.connect.client_id = "rig.source";
        subscriptions = broker.logged("rig.source 1 ");
        paho_source = std::make_unique<PahoSource>(options, s, remembered);
        paho_source->attach(host.setup("source", identity_of(LEAT_ROLE_SOURCE, limits)));
        paho_source->open();
        paho_source->c()->start(paho_source->c(), &inlet);
    }
    bool subscribed() {
        return host.run_until([&] { return broker.logged("rig.source 1 ") > subscriptions; });
    }
    void stop_paho_source() {
        paho_source->c()->hold(paho_source->c());
        inlet.settle_all(LEAT_ABANDON);
        paho_source->c()->stop(paho_source->c());
        REQUIRE(host.run_until([&] { return host.is_stopped("source"); }));
    }
    const leat_flow& paho_flow() const { return *paho_source->c()->flow; }

    void start_paho_sink(int qos = 1) {
        PahoSettings s = paho;
        s.connect.client_id = "rig.sinks.0";
        paho_sinks = std::make_unique<PahoSinks>(s);
        paho_sinks->attach(host.setup("part", identity_of(LEAT_ROLE_PART)));
        paho_sinks->open();
        paho_sinks->c()->start(paho_sinks->c(), nullptr);
        SinkOptions o;
        o.topic = leat::Template(host.host(), host.make_template("${topic}"));
        o.qos = qos;
        sink = std::make_unique<MqttSink>(std::move(o), *paho_sinks, settings.max_packet_size);
        sink->attach(host.setup("sink", identity_of(LEAT_ROLE_SINK)));
        sink->open();
        sink->c()->start(sink->c(), nullptr);
    }
    void stop_paho_sink() {
        if (!host.is_stopped("sink")) sink->c()->stop(sink->c());
        paho_sinks->c()->stop(paho_sinks->c());
        REQUIRE(host.run_until([&] { return host.is_stopped("part"); }));
        sink.reset();
        paho_sinks.reset();
    }

    const Mosquitto& broker;
    PahoSettings paho;
    int subscriptions = 0;  // of the source, before it was started
    std::unique_ptr<PahoSource> paho_source;
    std::unique_ptr<PahoSinks> paho_sinks;
};

void acknowledge_all(Rig& rig) {
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
}

}  // namespace

TEST_CASE("paho source: messages come in order, both versions, and each is acknowledged once") {
    Mosquitto broker({.extra = kUnlimited});
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        {
            PahoRig rig(broker, version);
            acknowledge_all(rig);
            rig.start_paho_source();
            REQUIRE(rig.subscribed());
            rig.start_sink();
            rig.publish("t/a", numbered(1, 1000));
            REQUIRE(rig.all_landed());
            REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 1000; }));
            CHECK(rig.inlet.payloads() == numbered(1, 1000));
            CHECK(rig.paho_flow().landed == 1000);
            rig.host.run_for(50ms);
        }
        PahoRig again(broker, version);
        again.start_paho_source();
        REQUIRE(again.subscribed());
        again.host.run_for(200ms);
        CHECK(again.inlet.count == 0);
    }
}

TEST_CASE("paho source: one message is in flight, and it alone comes again to the next process") {
    Mosquitto broker({.extra = kUnlimited});
    {
        PahoRig rig(broker);
        rig.start_paho_source();
        REQUIRE(rig.subscribed());
        rig.start_sink();
        rig.publish("t/a", numbered(1, 5));
        REQUIRE(rig.all_landed());
        for (std::size_t i = 0; i < 3; ++i) {
            REQUIRE(rig.host.run_until([&] { return rig.inlet.count == i + 1; }));
            rig.host.run_for(50ms);
            CHECK(rig.inlet.count == i + 1);
            if (i < 2) rig.inlet.settle(i, LEAT_ACK);
        }
        rig.stop_paho_source();  // abandons the third
        CHECK(rig.paho_flow().returned == 1);
        CHECK(rig.paho_flow().emitted == rig.paho_flow().settled);
    }
    PahoRig again(broker);
    acknowledge_all(again);
    again.start_paho_source();
    REQUIRE(again.host.run_until([&] { return again.inlet.count == 3; }));
    CHECK(again.inlet.payloads() == numbered(3, 5));
    CHECK((again.inlet.arrivals[0].flags & LEAT_MESSAGE_REDELIVERED) != 0);
}

TEST_CASE("paho source: a message slow to land is not acknowledged, not lost, and not emitted twice") {
    Mosquitto broker({.extra = kUnlimited});
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        PahoRig rig(broker, version);
        rig.paho.connect.keep_alive = 2;  // held for one second
        rig.start_paho_source();
        REQUIRE(rig.subscribed());
        rig.start_sink();
        rig.publish("t/a", numbered(1, 3));
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 1; }));
        const auto cuts = [&] { return broker.logged("New client connected", "rig.source"); };
        const int before = cuts();
        REQUIRE(rig.host.run_until([&] { return cuts() >= before + 2; }));  // cut twice, and back
        CHECK(rig.inlet.count == 1);
        CHECK(rig.paho_flow().emitted == 1);
        acknowledge_all(rig);
        rig.inlet.settle(0, LEAT_ACK);
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 3; }));
        CHECK(rig.inlet.payloads() == numbered(1, 3));
    }
}

TEST_CASE("paho source: what a process that is gone had held unacknowledged is still at the broker") {
    Mosquitto broker({.extra = kUnlimited});
    {
        PahoRig rig(broker);
        rig.paho.connect.keep_alive = 2;
        rig.start_paho_source();
        REQUIRE(rig.subscribed());
        rig.start_sink();
        rig.publish("t/a", {"slow"});
        REQUIRE(rig.host.run_until(
            [&] { return rig.host.last_reason("source").find("not landed within half") != std::string::npos; }));
    }
    PahoRig again(broker);
    acknowledge_all(again);
    again.start_paho_source();
    REQUIRE(again.host.run_until([&] { return again.inlet.count == 1; }));
    CHECK(again.inlet.arrivals[0].payload == "slow");
}

TEST_CASE("paho source: retry comes again after a backoff, reject does not") {
    Mosquitto broker({.extra = kUnlimited});
    PahoRig rig(broker);
    rig.start_paho_source();
    REQUIRE(rig.subscribed());
    rig.start_sink();
    int refusals = 0;
    rig.inlet.at_once = [&](const ScriptedInlet::Arrival& a) -> int {
        if (a.payload == "2") return refusals++ < 2 ? LEAT_RETRY : LEAT_ACK;
        return a.payload == "3" ? LEAT_REJECT : LEAT_ACK;
    };
    rig.publish("t/a", numbered(1, 4));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 6; }));
    CHECK(rig.inlet.payloads() == std::vector<std::string>{"1", "2", "2", "2", "3", "4"});
    CHECK(rig.host.logged("Paho has no way to tell the broker") == 1);
}

TEST_CASE("paho source: stopped with a message in flight it starts again and gets it again") {
    Mosquitto broker({.extra = kUnlimited});
    PahoRig rig(broker);
    rig.start_paho_source();
    REQUIRE(rig.subscribed());
    rig.start_sink();
    rig.publish("t/a", numbered(1, 3));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 1; }));
    rig.stop_paho_source();
    acknowledge_all(rig);
    rig.paho_source->c()->start(rig.paho_source->c(), &rig.inlet);
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 4; }));
    CHECK(rig.inlet.payloads() == std::vector<std::string>{"1", "1", "2", "3"});
    rig.paho_source->c()->hold(rig.paho_source->c());
    rig.paho_source->c()->stop(rig.paho_source->c());
    REQUIRE(rig.host.run_until([&] { return broker.logged("Client rig.source disconnected") == 1; }));
    rig.host.run_for(100ms);
}

TEST_CASE("paho: over a broker's restart a source goes on where it was, and a sink sends all, in order") {
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
        std::vector<std::string> first;
        for (const std::string& p : rig.inlet.payloads())
            if (std::find(first.begin(), first.end(), p) == first.end()) first.push_back(p);
        CHECK(first == numbered(1, 500));
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
        REQUIRE(rig.host.run_until([&] { return rig.inlet.payloads().back() == "3000"; }));
        std::vector<std::string> first;
        for (const std::string& p : rig.inlet.payloads())
            if (std::find(first.begin(), first.end(), p) == first.end()) first.push_back(p);
        CHECK(first == numbered(1, 3000));
        for (const int outcome : rig.outcomes) CHECK(outcome == static_cast<int>(LEAT_ACK));
    }
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
    Tunnel proxy("");  // it speaks CONNECT as a proxy does
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
