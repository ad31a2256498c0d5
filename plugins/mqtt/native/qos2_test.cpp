// QoS 2 against a real Mosquitto: within the life of a process and a session each message comes exactly once,
// whatever happens to the connection; beyond that, none is lost.
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "native/engine_rig.hpp"
#include "native/relay.hpp"

using namespace leat::mqtt;
using namespace leat::mqtt::test;

namespace {

struct Rig2 : Rig {
    explicit Rig2(std::uint16_t port, Version version = Version::v5) : Rig(port, version) {
        options.qos = 2;
        inlet.at_once = [](const auto&) { return LEAT_ACK; };
    }
    void start_both() { subscribe_and_publish({}, 2); }
    // What did not come, and how many came more than once.
    std::pair<int, int> missing_and_twice(int n) const {
        std::map<std::string, int> seen;
        for (const std::string& p : inlet.payloads()) ++seen[p];
        int missing = 0;
        int twice = 0;
        for (const std::string& p : numbered(1, n)) {
            missing += seen[p] == 0;
            twice += seen[p] > 1;
        }
        return {missing, twice};
    }
};

}  // namespace

TEST_CASE("QoS 2 both ways, both versions: all arrive once and in order, and the broker keeps nothing") {
    Mosquitto broker({.extra = kUnlimited});
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        {
            Rig2 rig(broker.port(), version);
            rig.start_both();
            rig.publish("t/a", numbered(1, 5000));
            REQUIRE(rig.all_landed());
            REQUIRE(rig.all_arrive(5000));
            rig.host.run_for(100ms);
            CHECK(rig.inlet.payloads() == numbered(1, 5000));
            CHECK(rig.flow().landed == 5000);
            CHECK(rig.flow().span == 0);
        }
        Rig2 again(broker.port(), version);
        again.start_source();
        REQUIRE(again.source_is_up());
        again.host.run_for(200ms);
        CHECK(again.inlet.count == 0);
    }
}

TEST_CASE("a QoS 2 source whose connection is cut under a backlog emits each message once, in order") {
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        // Of its own: what it repeats after the last cut, and is not answered when the source ends, comes again to
        // the next source with this session.
        Mosquitto broker({.extra = kUnlimited});
        Relay relay(broker.port());
        Rig2 rig(broker.port(), version);
        rig.settings.port = relay.port();
        rig.subscribe({.messages = 200});
        rig.settings.port = broker.port();
        rig.start_sink("${topic}", NoSubscriberChoice::ack, 2);
        relay.cut_every(7'777, 25);
        rig.publish("t/a", numbered(1, 10'000));
        REQUIRE(rig.all_landed());
        REQUIRE(rig.all_arrive(10'000));
        rig.host.run_for(200ms);
        CHECK(relay.cuts_to_come() == 0);
        CHECK(rig.is_resumed("source"));
        CHECK(rig.inlet.payloads() == numbered(1, 10'000));
    }
}

TEST_CASE("a QoS 2 source that settles late, in any order, over cut connections emits each message once") {
    Mosquitto broker({.extra = kUnlimited});
    Relay relay(broker.port());
    Rig2 rig(broker.port());
    rig.inlet.at_once = [](const ScriptedInlet::Arrival& a) {
        return std::stoi(a.payload) % 3 == 0 ? static_cast<int>(LEAT_ACK) : -1;
    };
    rig.settings.port = relay.port();
    rig.subscribe({.messages = 100});
    rig.settings.port = broker.port();
    rig.start_sink("${topic}", NoSubscriberChoice::ack, 2);
    rig.publish("t/a", numbered(1, 1000));
    REQUIRE(rig.all_landed());
    relay.cut_every(2'500, 15);
    for (std::size_t next = 0; next < 1000;) {
        REQUIRE(rig.host.run_until([&] { return rig.inlet.arrivals.size() > next; }));
        for (std::size_t i = rig.inlet.arrivals.size(); i-- > next;)  // the newest first
            if (!rig.inlet.arrivals[i].is_settled) rig.inlet.settle(i, LEAT_ACK);
        next = rig.inlet.arrivals.size();
    }
    rig.host.run_for(200ms);
    CHECK(relay.cuts_to_come() == 0);
    CHECK(rig.inlet.payloads() == numbered(1, 1000));
}

TEST_CASE("a QoS 2 sink whose connection is cut under a backlog lands each message once, in order") {
    Mosquitto broker({.extra = kUnlimited});
    Relay relay(broker.port());
    Rig2 rig(broker.port());
    rig.subscribe();
    rig.settings.port = relay.port();
    rig.start_sink("${topic}", NoSubscriberChoice::ack, 2);
    REQUIRE(rig.sink_is_up());
    relay.cut_every(50'001, 10);
    rig.publish("t/a", numbered(1, 20'000));
    REQUIRE(rig.all_landed());
    REQUIRE(rig.all_arrive(20'000));
    rig.host.run_for(200ms);
    CHECK(relay.cuts_to_come() == 0);
    CHECK(rig.is_resumed("sink"));
    CHECK(rig.inlet.payloads() == numbered(1, 20'000));
}

TEST_CASE("QoS 2 over restarts of a broker that keeps its sessions: nothing is missing") {
    Mosquitto broker({.persistence = true, .extra = kUnlimited});
    Rig2 rig(broker.port());
    rig.start_both();
    for (int part = 0; part < 3; ++part) {
        rig.publish("t/a", numbered(part * 10'000 + 1, (part + 1) * 10'000));
        const auto some = static_cast<std::uint64_t>(part) * 10'000 + 2'000;
        REQUIRE(rig.all_arrive(some));
        broker.restart();
    }
    REQUIRE(rig.all_landed());
    REQUIRE(rig.host.run_until([&] { return rig.missing_and_twice(30'000).first == 0; }));
    MESSAGE("seen twice: " << rig.missing_and_twice(30'000).second << " of 30000");
}

TEST_CASE("a QoS 2 sink whose broker lost the session publishes everything without PUBCOMP again") {
    Mosquitto broker({.extra = kUnlimited});  // forgets all when it ends
    Relay relay(broker.port());
    Rig2 rig(relay.port());
    rig.start_sink("t/a", NoSubscriberChoice::ack, 2);
    REQUIRE(rig.sink_is_up());
    broker.process().freeze();
    rig.publish("t/a", numbered(1, 1000));
    rig.host.run_for(100ms);
    broker.process().thaw();
    broker.restart();
    REQUIRE(rig.all_landed());
    for (const int outcome : rig.outcomes) CHECK(outcome == static_cast<int>(LEAT_ACK));
    CHECK_FALSE(rig.is_resumed("sink"));
}

TEST_CASE("QoS 2: what was not settled comes again to the next process, what was settled does not") {
    Mosquitto broker({.extra = kUnlimited});
    {
        Rig2 rig(broker.port());
        rig.inlet.at_once = nullptr;
        rig.start_both();
        rig.publish("t/a", numbered(1, 10));
        REQUIRE(rig.all_arrive(10));
        for (std::size_t i = 0; i < 4; ++i) rig.inlet.settle(i, LEAT_ACK);
        rig.host.run_for(100ms);
    }
    Rig2 again(broker.port());
    again.start_source();
    REQUIRE(again.all_arrive(6));
    again.host.run_for(100ms);
    CHECK(again.inlet.payloads() == numbered(5, 10));
}

TEST_CASE("a QoS 2 publish that rights forbid is no success: PUBREC says so in version 5") {
    Folder folder;
    const std::string rights = folder.write("acl", "topic write t/allowed\n");
    Mosquitto broker({.extra = "acl_file " + rights + "\n"});
    Rig2 rig(broker.port());
    rig.start_sink("${topic}", NoSubscriberChoice::ack, 2);
    rig.publish("t/allowed", {"x"});
    rig.publish("t/denied", {"y"});
    rig.publish("t/allowed", {"z"});
    REQUIRE(rig.all_landed());
    CHECK(rig.outcomes == std::vector<int>{LEAT_ACK, LEAT_REJECT, LEAT_ACK});
    REQUIRE(rig.reasons.size() == 1);
    CHECK(rig.reasons[0] == "the broker says: not authorized (0x87)");
}

TEST_CASE("a source with QoS 2 takes messages of QoS 1 and 0 as they were published") {
    Mosquitto broker({.extra = kUnlimited});
    Rig2 rig(broker.port());
    rig.start_both();
    for (const char* qos : {"0", "1", "2"})
        REQUIRE(run({"mosquitto_pub", "-p", std::to_string(broker.port()), "-q", qos, "-t", "t/m", "-m", qos}) == 0);
    REQUIRE(rig.all_arrive(3));
    CHECK(rig.inlet.payloads() == std::vector<std::string>{"0", "1", "2"});
}

TEST_CASE("a route to QoS 2 that stops with messages on their way leaves no session that could mistake later ones") {
    Mosquitto broker({.extra = kUnlimited});
    Relay relay(broker.port());
    Rig2 rig(broker.port());
    rig.subscribe();
    rig.settings.port = relay.port();
    rig.start_sink("${topic}", NoSubscriberChoice::ack, 2);
    REQUIRE(rig.sink_is_up());
    broker.process().freeze();
    rig.publish("t/a", {"given up"});
    rig.host.run_for(50ms);
    rig.sink->c()->stop(rig.sink->c());
    CHECK(rig.outcomes == std::vector<int>{LEAT_ABANDON});
    relay.cut();
    broker.process().thaw();
    REQUIRE(rig.host.run_until([&] { return relay.cuts_to_come() == 0; }));
    rig.sink->c()->start(rig.sink->c(), nullptr);
    rig.publish("t/a", {"later"});
    REQUIRE(rig.all_landed());
    CHECK(rig.outcomes[1] == static_cast<int>(LEAT_ACK));
    REQUIRE(
        rig.host.run_until([&] { return !rig.inlet.arrivals.empty() && rig.inlet.payloads().back() == "later"; }));
}
