// Wills at a real Mosquitto: published when a connection is dropped, not when it ends in an orderly way.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "native/engine_rig.hpp"
#include "native/relay.hpp"

using namespace leat::mqtt;
using namespace leat::mqtt::test;

namespace {

// A source that watches, and a sink with a will behind a relay that can drop it.
struct Watched {
    explicit Watched(Version version = Version::v5) : rig(broker.port(), version), relay(broker.port()) {
        rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
        rig.options.topics = {"status/#"};
        rig.subscribe();
        rig.settings.port = relay.port();
        will.topic = "status/gw";
        will.payload = "gone";
        will.qos = 1;
    }
    void start_sink(bool on_stop = false) {
        rig.settings.connect.will = will;
        rig.settings.will_on_stop = on_stop;
        rig.start_sink("t/a");
        REQUIRE(rig.sink_is_up());
    }
    bool arrived() {
        return rig.host.run_until([&] { return rig.inlet.count >= 1; });
    }

    Mosquitto broker{{.extra = kUnlimited}};
    Rig rig;
    Relay relay;
    Will will;
};

}  // namespace

TEST_CASE("a dropped connection: the will is published, both versions") {
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        Watched w(version);
        w.start_sink();
        w.relay.refuse();  // a new connection might take the session over before the broker sees the end of this one
        REQUIRE(w.arrived());
        CHECK(w.rig.inlet.arrivals[0].topic == "status/gw");
        CHECK(w.rig.inlet.arrivals[0].payload == "gone");
    }
}

TEST_CASE("an orderly stop takes the will away") {
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        Watched w(version);
        w.start_sink();
        w.rig.stop_sink();
        REQUIRE(run({"mosquitto_pub", "-p", std::to_string(w.broker.port()), "-t", "status/mark", "-m", "mark"}) ==
                0);
        REQUIRE(w.arrived());
        CHECK(w.rig.inlet.payloads() == std::vector<std::string>{"mark"});
    }
}

TEST_CASE("with on_stop an orderly stop leaves the will") {
    Watched w;
    w.start_sink(true);
    w.rig.stop_sink();
    REQUIRE(w.arrived());
    CHECK(w.rig.inlet.payloads() == std::vector<std::string>{"gone"});
}

TEST_CASE("the will carries its properties") {
    Watched w;
    w.will.content_type = "text/plain";
    w.will.message_expiry = 600;
    w.will.user_properties = {{"site", "north"}};
    w.start_sink();
    w.relay.refuse();
    REQUIRE(w.arrived());
    auto& headers = w.rig.inlet.arrivals[0].headers;
    CHECK(headers["content-type"] == "text/plain");
    CHECK(headers["site"] == "north");
    CHECK(headers.contains("mqtt-message-expiry"));
}

TEST_CASE("a delayed will is called off by a reconnect, and comes when there is none") {
    Watched w;
    w.will.delay = 5;
    w.start_sink();
    w.relay.cut();
    REQUIRE(
        w.rig.host.run_until([&] { return w.rig.host.last_reason("sink").find("resumed") != std::string::npos; }));
    w.rig.host.run_for(6500ms);
    CHECK(w.rig.inlet.count == 0);
    w.relay.refuse();
    REQUIRE(w.arrived());
}

TEST_CASE("a source has a will of its own, and gets it after the reconnect where it has subscribed to it") {
    Mosquitto broker({.extra = kUnlimited});
    Relay relay(broker.port());
    Rig rig(relay.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    Will will;
    will.topic = "t/will";
    will.payload = "gone";
    will.qos = 1;
    rig.settings.connect.will = will;
    rig.subscribe();
    relay.refuse();
    REQUIRE(rig.host.run_until(
        [&] { return broker.logged("closed its connection") + broker.logged("Socket error on client") > 0; }));
    relay.accept();
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 1; }));
    CHECK(rig.inlet.payloads() == std::vector<std::string>{"gone"});
}
