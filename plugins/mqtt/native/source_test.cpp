// Sources against a real Mosquitto, outcomes by hand.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "native/engine_rig.hpp"

using namespace leat::mqtt;
using namespace leat::mqtt::test;

TEST_CASE("messages go through the broker, both versions, in order, and each is acknowledged once") {
    Mosquitto broker({.extra = kUnlimited});
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        Rig rig(broker.port(), version);
        rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
        rig.subscribe_and_publish();
        rig.publish("t/a", numbered(1, 5000));
        REQUIRE(rig.all_landed());
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 5000; }));
        CHECK(rig.inlet.payloads() == numbered(1, 5000));
        CHECK(rig.inlet.arrivals[0].topic == "t/a");
        CHECK(rig.flow().emitted == 5000);
        CHECK(rig.flow().landed == 5000);
        CHECK(rig.flow().span == 0);
    }
}

TEST_CASE("what was not settled comes again after the client is gone; what was settled does not") {
    Mosquitto broker({.extra = kUnlimited});
    {
        Rig rig(broker.port());
        rig.subscribe_and_publish();
        rig.publish("t/a", numbered(1, 10));
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 10; }));
        for (std::size_t i = 0; i < 4; ++i) rig.inlet.settle(i, LEAT_ACK);
        rig.inlet.settle(6, LEAT_ACK);  // behind an open one: no PUBACK
        rig.host.run_for(100ms);
    }  // abandons the rest
    Rig again(broker.port());
    again.start_source();
    REQUIRE(again.host.run_until([&] { return again.inlet.count == 6; }));
    again.host.run_for(100ms);
    CHECK(again.inlet.payloads() == numbered(5, 10));
    CHECK((again.inlet.arrivals[0].flags & LEAT_MESSAGE_REDELIVERED) != 0);
    again.inlet.settle_all(LEAT_ACK);
}

TEST_CASE("after a lost connection twins are adopted: the messages in flight are not emitted twice") {
    Mosquitto broker({.persistence = true, .extra = kUnlimited});
    auto first = std::make_unique<Rig>(broker.port());
    Rig& rig = *first;
    rig.subscribe_and_publish();
    rig.publish("t/a", numbered(1, 300));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 300; }));
    broker.restart();
    rig.host.run_for(50ms);
    rig.inlet.settle(0, LEAT_ACK);  // while nothing can be told
    REQUIRE(rig.host.run_until([&] { return rig.is_resumed("source"); }));
    rig.publish("t/a", numbered(301, 310));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 310; }));
    CHECK(rig.inlet.payloads() == numbered(1, 310));
    rig.inlet.settle_all(LEAT_ACK);
    rig.host.run_for(200ms);
    first.reset();
    Rig after(broker.port());
    after.start_source();
    REQUIRE(after.source_is_up());
    after.host.run_for(200ms);
    CHECK(after.inlet.count == 0);  // every PUBACK was for the right packet
}

TEST_CASE("out of credit the source stops reading, the connection outlives the keep-alive, nothing is lost") {
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        Mosquitto broker({.extra = kUnlimited});
        Rig rig(broker.port(), version);
        rig.settings.connect.keep_alive = 4;
        rig.subscribe_and_publish({.messages = 100});
        rig.publish("t/a", std::vector<std::string>(20'000, std::string(1000, 'x')));
        REQUIRE(rig.all_landed());
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 100; }));
        rig.host.run_for(13s);  // more than three keep-alives
        CHECK(rig.inlet.count == 100);
        CHECK(rig.flow().span == 100);
        CHECK(rig.flow().bytes < 2U << 20U);
        CHECK(rig.inlet.flushes >= 1);
        CHECK(broker.logged("New client connected", "rig.source") == 1);
        rig.inlet.only_counts = true;
        rig.inlet.settle_all(LEAT_ACK);
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 20'000; }));
        rig.host.run_for(4500ms);
        CHECK(broker.logged("New client connected", "rig.source") == 1);
        CHECK(rig.inlet.count == 20'000);
    }
}

TEST_CASE("a message settled retry comes again after a backoff, before later ones get credit") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.subscribe_and_publish({.messages = 1});
    rig.publish("t/a", numbered(1, 5));
    int refusals = 0;
    rig.inlet.at_once = [&](const ScriptedInlet::Arrival& a) {
        return a.payload == "3" && refusals++ < 2 ? LEAT_RETRY : LEAT_ACK;
    };
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 7; }));
    CHECK(rig.inlet.payloads() == std::vector<std::string>{"1", "2", "3", "3", "3", "4", "5"});
    CHECK(rig.flow().landed == 5);
}

TEST_CASE("a reject at the source is told to the broker and does not come again") {
    Mosquitto broker({.extra = kUnlimited});
    auto first = std::make_unique<Rig>(broker.port());
    Rig& rig = *first;
    rig.subscribe_and_publish();
    rig.publish("t/a", numbered(1, 3));
    rig.inlet.at_once = [](const ScriptedInlet::Arrival& a) { return a.payload == "2" ? LEAT_REJECT : LEAT_ACK; };
    REQUIRE(rig.host.run_until([&] { return rig.flow().settled == 3; }));
    CHECK(rig.flow().returned == 1);
    rig.host.run_for(100ms);
    first.reset();
    Rig after(broker.port());
    after.start_source();
    REQUIRE(after.source_is_up());
    after.host.run_for(200ms);
    CHECK(after.inlet.count == 0);
}

TEST_CASE("a source that was stopped with messages in flight starts again and gets them again") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.subscribe_and_publish();
    rig.publish("t/a", numbered(1, 3));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 3; }));
    rig.inlet.settle(1, LEAT_ACK);
    rig.stop_source();  // abandons 1 and 3; 2 has landed, but stands behind 1
    CHECK(rig.flow().emitted == rig.flow().settled);
    CHECK(rig.flow().returned == 2);
    rig.source->c()->start(rig.source->c(), &rig.inlet);
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 5; }));
    rig.host.run_for(100ms);
    CHECK(rig.inlet.payloads() == std::vector<std::string>{"1", "2", "3", "1", "3"});
    rig.inlet.settle_all(LEAT_ACK);
    CHECK(rig.flow().emitted == rig.flow().settled);
    rig.source->c()->hold(rig.source->c());
    rig.source->c()->stop(rig.source->c());
}

TEST_CASE("a source says that it has stopped only when every message has been settled") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.subscribe_and_publish();
    rig.publish("t/a", numbered(1, 2));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 2; }));
    rig.source->c()->hold(rig.source->c());
    rig.source->c()->stop(rig.source->c());
    rig.host.run_for(100ms);
    CHECK_FALSE(rig.host.is_stopped("source"));
    rig.inlet.settle_all(LEAT_ABANDON);
    REQUIRE(rig.host.run_until([&] { return rig.host.is_stopped("source"); }));
    CHECK(rig.flow().returned == 2);
}

TEST_CASE("receive buffers end with their messages, with headers too") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    std::uint64_t most = 0;
    rig.inlet.only_counts = true;
    rig.subscribe_and_publish({.messages = 1000, .bytes = 8U << 20U});
    rig.headers = {{leat::bytes("trace"), leat::bytes("abc")}};
    rig.publish("t/a", std::vector<std::string>(64, std::string(1U << 20U, 'm')));
    REQUIRE(rig.host.run_until([&] {
        most = std::max(most, rig.flow().bytes);
        return rig.inlet.count == 64;
    }));
    CHECK(most < 24U << 20U);  // a batch may go beyond the limit by one more; all of them would be 64 MiB
}

TEST_CASE("out of credit by its receive buffers alone, a source lets go what stages collect") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.subscribe_and_publish({.messages = 1000, .bytes = 64 * 1024});
    const std::string long_value(3000, 'v');  // not counted as content
    rig.headers = {{leat::bytes("trace"), leat::bytes(long_value)}};
    rig.publish("t/a", numbered(1, 200));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.flushes != 0; }));
    CHECK(rig.inlet.count < 200);
    rig.inlet.only_counts = true;
    rig.inlet.settle_all(LEAT_ACK);
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 200; }));
}

TEST_CASE("retained messages carry their flag") {
    Mosquitto broker({.extra = kUnlimited});
    REQUIRE(run({"mosquitto_pub", "-p", std::to_string(broker.port()), "-q", "1", "-r", "-t", "t/kept", "-m",
                 "old"}) == 0);
    Rig rig(broker.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.start_source();
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 1; }));
    CHECK(rig.inlet.arrivals[0].payload == "old");
    CHECK((rig.inlet.arrivals[0].flags & LEAT_MESSAGE_RETAINED) != 0);
}

TEST_CASE("3.1.1: a reconnect to the same session does not bring the retained messages again") {
    Mosquitto broker({.persistence = true, .extra = kUnlimited});
    REQUIRE(run({"mosquitto_pub", "-p", std::to_string(broker.port()), "-q", "1", "-r", "-t", "t/kept", "-m",
                 "old"}) == 0);
    Rig rig(broker.port(), Version::v3_1_1);
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.start_source();
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 1; }));
    rig.host.run_for(100ms);
    broker.restart();
    REQUIRE(rig.host.run_until([&] { return rig.is_resumed("source"); }));
    rig.host.run_for(200ms);
    CHECK(rig.inlet.count == 1);
}

TEST_CASE("a filter that left the configuration is unsubscribed from the persistent session") {
    Mosquitto broker({.extra = kUnlimited});
    {
        Rig rig(broker.port());
        rig.options.topics = {"t/old", "t/kept"};
        rig.subscribe();
    }
    Rig rig(broker.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    (void)rig.remembered.set("rig.source", {"t/old", "t/kept"});
    rig.options.topics = {"t/kept"};
    rig.subscribe();
    rig.start_sink();
    rig.publish("t/old", {"stray"});
    rig.publish("t/kept", {"wanted"});
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 1; }));
    rig.host.run_for(100ms);
    CHECK(rig.inlet.payloads() == std::vector<std::string>{"wanted"});
    CHECK(rig.remembered.of("rig.source") == std::vector<std::string>{"t/kept"});
}
