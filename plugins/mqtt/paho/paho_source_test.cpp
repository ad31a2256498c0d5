// Sources of the Paho engine against a real Mosquitto.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "paho/paho_rig.hpp"
#include "support/eventually.hpp"

using namespace leat::mqtt;
using namespace leat::mqtt::test;

namespace {

// The broker's log then names each packet.
const std::string kTold = std::string(kUnlimited) + "log_type debug\n";

}  // namespace

TEST_CASE("paho source: messages come in order, both versions, and each is acknowledged once") {
    Mosquitto broker({.extra = kTold});
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        const int acked = broker.logged("Received PUBACK from rig.source");
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
            REQUIRE(
                rig.host.run_until([&] { return broker.logged("Received PUBACK from rig.source") >= acked + 1000; }));
        }
        PahoRig again(broker, version);
        again.start_paho_source();
        REQUIRE(again.subscribed());
        again.host.run_for(200ms);
        CHECK(again.inlet.count == 0);
    }
}

TEST_CASE("paho source: several filters, both versions; in version 5 what is retained comes to a new session alone") {
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        Mosquitto broker({.extra = kUnlimited});
        REQUIRE(run({"mosquitto_pub", "-p", std::to_string(broker.port()), "-t", "t/a", "-m", "kept", "-r"}) == 0);
        const std::vector<std::string> filters{"t/a", "t/b/#", "u/+"};
        {
            PahoRig rig(broker, version);
            acknowledge_all(rig);
            rig.options.topics = filters;
            rig.start_paho_source();
            REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 1; }));  // what is retained
            REQUIRE(rig.subscribed());
            rig.host.run_for(50ms);
        }
        PahoRig rig(broker, version);
        acknowledge_all(rig);
        rig.options.topics = filters;
        rig.start_paho_source();
        REQUIRE(rig.subscribed());
        rig.start_sink();
        for (const char* topic : {"t/a", "t/b/x/y", "u/z", "t/c"}) rig.publish(topic, {topic});
        REQUIRE(rig.all_landed());
        const std::vector<std::string> expected{"t/a", "t/b/x/y", "u/z"};
        std::vector<std::string> seen;
        REQUIRE(rig.host.run_until([&] {
            seen.clear();
            for (const auto& a : rig.inlet.arrivals)
                if (a.payload != "kept") seen.push_back(a.payload);
            return seen.size() == 3;
        }));
        CHECK(seen == expected);
        if (version == Version::v5) CHECK(rig.inlet.count == 3);
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

TEST_CASE("paho source: an outcome of the connection before does not acknowledge what is held on the next") {
    Mosquitto broker({.extra = kTold});  // forgets all when it ends
    PahoRig rig(broker);
    rig.start_paho_source();
    REQUIRE(rig.subscribed());
    const std::string port = std::to_string(broker.port());
    const auto publish = [&](const char* payload) {
        return run({"mosquitto_pub", "-p", port, "-q", "1", "-t", "t/a", "-m", payload});
    };
    REQUIRE(publish("A") == 0);
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 1; }));
    // The shard is busy meanwhile: it is not told of the loss, nor of what came after it.
    const auto told = [&](const char* what) { return broker.logged(what); };
    const int subscribed = told("Sending SUBACK to rig.source");
    const int sent = told("Sending PUBLISH to rig.source");
    const int acknowledged = told("Received PUBACK from rig.source");
    broker.restart();
    REQUIRE(eventually([&] { return told("Sending SUBACK to rig.source") > subscribed; }));
    REQUIRE(publish("B") == 0);
    REQUIRE(eventually([&] { return told("Sending PUBLISH to rig.source") > sent; }));
    std::this_thread::sleep_for(200ms);  // the longer, the surer Paho holds it
    rig.inlet.settle(0, LEAT_ACK);
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 2; }));
    CHECK(rig.inlet.payloads() == std::vector<std::string>{"A", "B"});
    rig.inlet.settle(1, LEAT_ACK);
    REQUIRE(rig.host.run_until([&] { return told("Received PUBACK from rig.source") > acknowledged; }));
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
