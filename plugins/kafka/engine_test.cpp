// The Kafka plugin's parts against a real broker: what the mock cluster cannot show.
#include "test_rig.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <set>

#include "support/kafka.hpp"

using namespace kafka::test;
using leat::test::Kafka;
using leat::test::ScriptedHost;
using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 60s;

void fill(ScriptedHost& host, const std::string& brokers, const std::string& topic, int from, int to,
          uint32_t lanes = 1) {
    SinkRig sink(host, brokers, topic);
    for (int i = from; i < to; ++i) sink.push({std::to_string(i)}, static_cast<uint32_t>(i) % lanes);
    REQUIRE(
        host.run_until([&] { return sink.outcomes.count(LEAT_ACK) == static_cast<size_t>(to - from); }, kPatience));
    REQUIRE(sink.stop());
}

// Whether first arrivals of each number come in order.
bool in_order(const std::vector<std::string>& payloads) {
    int newest = -1;
    std::set<int> seen;
    for (const std::string& payload : payloads) {
        const int i = std::stoi(payload);
        if (!seen.insert(i).second) continue;
        if (i < newest) return false;
        newest = i;
    }
    return true;
}

}  // namespace

TEST_CASE("nothing is missing and all is in order when the broker is killed twice while messages flow") {
    Kafka kafka;
    kafka.create_topic("flow", 1);
    ScriptedHost host;
    SourceRig source(host, kafka.brokers(), "flow", {.max_in_flight = 5000});
    source.inlet.at_once = [](const auto&) { return static_cast<int>(LEAT_ACK); };
    SinkRig sink(host, kafka.brokers(), "flow");
    constexpr int kCount = 30'000;
    for (int i = 0; i < kCount; ++i) {
        sink.push({std::to_string(i)});
        if (i % 100 == 99) host.run_for(1ms);
        if (i == kCount / 3 || i == 2 * kCount / 3) {
            kafka.kill();
            for (int k = 1; k <= 500; ++k) sink.push({std::to_string(i + k)});
            i += 500;
            host.run_for(1s);
            kafka.start();
        }
    }
    REQUIRE(host.run_until([&] { return sink.outcomes.count(LEAT_ACK) == kCount; }, kPatience));
    std::set<std::string> seen;
    REQUIRE(host.run_until(
        [&] {
            for (const std::string& one : source.inlet.payloads()) seen.insert(one);
            return seen.size() == kCount;
        },
        kPatience));
    const auto payloads = source.inlet.payloads();
    CHECK(in_order(payloads));
    MESSAGE("seen twice: " << payloads.size() - seen.size());
    CHECK(host.run_until([&] { return source.flow().span == 0; }, kPatience));
    CHECK(sink.stop());
    CHECK(source.stop());
}

TEST_CASE("a static member that comes back goes on at once; another waits for no session either after a stop") {
    constexpr auto kSession = 45s;  // who waits for it waits much longer than any other thing lasts
    Kafka kafka;
    kafka.create_topic("static", 4);
    ScriptedHost host;
    fill(host, kafka.brokers(), "static", 0, 400, 4);
    for (const std::optional<std::string>& instance :
         {std::optional<std::string>("one"), std::optional<std::string>()}) {
        SourceRig source(host, kafka.brokers(), "static",
                         {.group = instance.value_or("none"), .instance = instance, .session_timeout = kSession});
        REQUIRE(source.wait(400));
        REQUIRE(source.stop());
        const auto begin = std::chrono::steady_clock::now();
        source.start();
        REQUIRE(source.wait(800));
        const auto took = std::chrono::steady_clock::now() - begin;
        MESSAGE(std::string(instance ? "static" : "dynamic")
                << " member back after " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
                << " ms");
        CHECK(took < kSession);
        CHECK(source.stop());
    }
}

TEST_CASE("partitions move between members without a gap, and what was landed is not seen twice") {
    Kafka kafka;
    kafka.create_topic("move", 4);
    ScriptedHost host;
    fill(host, kafka.brokers(), "move", 0, 1000, 4);
    const auto ack = [](const auto&) { return static_cast<int>(LEAT_ACK); };
    SourceRig first(host, kafka.brokers(), "move", {.name = "first"});
    first.inlet.at_once = ack;
    REQUIRE(host.run_until([&] { return first.inlet.arrivals.size() == 1000; }, kPatience));
    SourceRig second(host, kafka.brokers(), "move", {.name = "second"});
    second.inlet.at_once = ack;
    REQUIRE(host.run_until([&] { return host.logged("reading 2 partitions") == 2; }, kPatience));
    fill(host, kafka.brokers(), "move", 1000, 2000, 4);
    REQUIRE(host.run_until([&] { return first.inlet.arrivals.size() + second.inlet.arrivals.size() >= 2000; },
                           kPatience));
    REQUIRE(second.stop());
    REQUIRE(host.run_until([&] { return host.logged("reading 4 partitions") == 2; }, kPatience));
    fill(host, kafka.brokers(), "move", 2000, 3000, 4);
    REQUIRE(host.run_until([&] { return first.inlet.arrivals.size() + second.inlet.arrivals.size() >= 3000; },
                           kPatience));
    host.run_for(200ms);
    CHECK(first.inlet.arrivals.size() + second.inlet.arrivals.size() == 3000);
}

TEST_CASE("a wrong password is told in words, and a renewed one is taken") {
    Kafka kafka({.users = {{"leat", "right"}}});
    kafka.create_topic("secret", 1);
    ScriptedHost host;
    SinkRig sink(host, kafka.sasl_brokers(), "secret", {}, "", SinkRig::Login{"leat", "wrong"});
    sink.push({"x"});
    REQUIRE(host.run_until([&] { return host.last_state("sink") == LEAT_STATE_DOWN; }, kPatience));
    CHECK(host.last_reason("sink").find("Authentication failed") != std::string::npos);
    sink.password("right");
    REQUIRE(host.run_until([&] { return sink.outcomes.count(LEAT_ACK) == 1; }, kPatience));
}
