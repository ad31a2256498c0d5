#include "test_rig.hpp"

#include <doctest/doctest.h>

using namespace kafka::test;
using leat::test::ScriptedHost;

namespace {

void fill(ScriptedHost& host, const std::string& brokers, const std::string& topic, int from, int to,
          uint32_t lanes = 1) {
    SinkRig sink(host, brokers, topic);
    for (int i = from; i < to; ++i) sink.push({std::to_string(i)}, static_cast<uint32_t>(i) % lanes);
    REQUIRE(sink.wait(static_cast<size_t>(to - from)));
    REQUIRE(sink.stop());
}

}  // namespace

TEST_CASE("a source emits what a topic holds, in order by partition") {
    MockCluster kafka;
    kafka.create("in", 2);
    ScriptedHost host;
    fill(host, kafka.brokers(), "in", 0, 200, 2);

    SourceRig source(host, kafka.brokers(), "in");
    REQUIRE(source.wait(200));
    int last[2] = {-1, -1};
    for (const auto& arrival : source.inlet.arrivals) {
        const int i = std::stoi(arrival.payload);
        CHECK(last[i % 2] < i);
        last[i % 2] = i;
        CHECK(arrival.topic == "in");
    }
    source.inlet.settle_all(LEAT_ACK);
    CHECK(host.run_until([&] { return source.flow().span == 0; }));
    CHECK(source.flow().landed == 200);
    CHECK(source.stop());
}

TEST_CASE("a source emits no more than its credit, and goes on when commits are confirmed") {
    MockCluster kafka;
    kafka.create("credit", 1);
    ScriptedHost host;
    fill(host, kafka.brokers(), "credit", 0, 500);
    SourceRig source(host, kafka.brokers(), "credit", {.max_in_flight = 100});
    REQUIRE(source.wait(100));
    host.run_for(std::chrono::milliseconds(200));
    CHECK(source.inlet.arrivals.size() == 100);
    for (size_t i = 1; i < 100; ++i) source.inlet.settle(i, LEAT_ACK);
    host.run_for(std::chrono::milliseconds(200));
    CHECK(source.inlet.arrivals.size() == 100);  // the first is still unsettled
    source.inlet.settle(0, LEAT_ACK);
    REQUIRE(source.wait(200));
    source.inlet.at_once = [](const auto&) { return static_cast<int>(LEAT_ACK); };
    source.inlet.settle_all(LEAT_ACK);
    REQUIRE(source.wait(500));
}

TEST_CASE("a successor goes on behind the last message that had landed without a gap") {
    MockCluster kafka;
    kafka.create("next", 1);
    ScriptedHost host;
    fill(host, kafka.brokers(), "next", 0, 100);
    {
        SourceRig source(host, kafka.brokers(), "next");
        REQUIRE(source.wait(100));
        for (size_t i = 0; i < 60; ++i) {
            if (i != 40) source.inlet.settle(i, LEAT_ACK);
        }
        REQUIRE(source.stop());
        CHECK(source.flow().emitted == source.flow().settled);
        CHECK(source.flow().returned == 41);
    }
    SourceRig source(host, kafka.brokers(), "next", {.name = "successor"});
    REQUIRE(source.wait(60));
    CHECK(source.inlet.arrivals[0].payload == "40");
}

TEST_CASE("a source that is started again emits again what was abandoned") {
    MockCluster kafka;
    kafka.create("again", 1);
    ScriptedHost host;
    fill(host, kafka.brokers(), "again", 0, 20);
    SourceRig source(host, kafka.brokers(), "again");
    REQUIRE(source.wait(20));
    for (size_t i = 0; i < 5; ++i) source.inlet.settle(i, LEAT_ACK);
    REQUIRE(source.stop());
    source.start();
    REQUIRE(source.wait(35));
    CHECK(source.inlet.arrivals[20].payload == "5");
}

TEST_CASE("latest is resolved and committed before anything is emitted") {
    MockCluster kafka;
    kafka.create("late", 1);
    ScriptedHost host;
    fill(host, kafka.brokers(), "late", 0, 10);
    {
        SourceRig source(host, kafka.brokers(), "late", {.group = "l", .start = "latest"});
        REQUIRE(host.run_until([&] { return host.logged("reading 1 partition") == 1; }));
    }
    fill(host, kafka.brokers(), "late", 10, 20);
    SourceRig source(host, kafka.brokers(), "late", {.group = "l", .start = "latest", .name = "second"});
    REQUIRE(source.wait(10));
    CHECK(source.inlet.arrivals[0].payload == "10");
}

TEST_CASE("with ack: never nothing is committed and credit returns all the same") {
    MockCluster kafka;
    kafka.create("never", 1);
    ScriptedHost host;
    fill(host, kafka.brokers(), "never", 0, 50);
    const uint32_t flags = LEAT_IDENTITY_ORDERED | LEAT_IDENTITY_NO_COMMIT;
    for (const char* name : {"one", "two"}) {
        SourceRig source(host, kafka.brokers(), "never", {.max_in_flight = 10, .name = name, .flags = flags});
        source.inlet.at_once = [](const auto&) { return static_cast<int>(LEAT_ACK); };
        REQUIRE(source.wait(50));
        CHECK(source.inlet.arrivals[0].payload == "0");
    }
}

TEST_CASE("what a second member takes over was committed by the first, and nothing is seen twice") {
    MockCluster kafka;
    kafka.create("shared", 4);
    ScriptedHost host;
    fill(host, kafka.brokers(), "shared", 0, 100, 4);
    SourceRig first(host, kafka.brokers(), "shared", {.name = "first"});
    first.inlet.at_once = [](const auto&) { return static_cast<int>(LEAT_ACK); };
    REQUIRE(first.wait(100));
    // The mock refuses commits while a member joins; a real broker does not.
    REQUIRE(host.run_until([&] { return first.flow().span == 0; }));
    SourceRig second(host, kafka.brokers(), "shared", {.name = "second"});
    second.inlet.at_once = first.inlet.at_once;
    REQUIRE(host.run_until([&] { return host.logged("reading 2 partitions") >= 2; }, std::chrono::seconds(60)));
    fill(host, kafka.brokers(), "shared", 100, 200, 4);
    REQUIRE(host.run_until([&] { return first.inlet.arrivals.size() + second.inlet.arrivals.size() >= 200; }));
    CHECK(first.inlet.arrivals.size() + second.inlet.arrivals.size() == 200);
    CHECK(second.inlet.arrivals.size() >= 50);
}

TEST_CASE("what a revoked partition still had in flight is given up after half the session") {
    MockCluster kafka;
    kafka.create("held", 2);
    ScriptedHost host;
    fill(host, kafka.brokers(), "held", 0, 20, 2);
    SourceRig first(host, kafka.brokers(), "held", {.name = "first"});
    REQUIRE(first.wait(20));
    SourceRig second(host, kafka.brokers(), "held", {.name = "second"});
    REQUIRE(host.run_until([&] { return second.inlet.arrivals.size() >= 10; }, std::chrono::seconds(60)));
    CHECK(first.flow().returned == 10);
    first.inlet.settle_all(LEAT_ACK);
    CHECK(first.flow().stale == 10);  // told too late: another has them
    CHECK(first.flow().landed == 10);
}

TEST_CASE("a source waits for a broker that is away at its start") {
    MockCluster kafka;
    kafka.create("w", 1);
    ScriptedHost host;
    fill(host, kafka.brokers(), "w", 0, 10);
    rd_kafka_mock_broker_set_down(kafka.get(), 1);
    SourceRig source(host, kafka.brokers(), "w");
    REQUIRE(host.run_until([&] { return host.last_state("source") == LEAT_STATE_DOWN; }));
    rd_kafka_mock_broker_set_up(kafka.get(), 1);
    REQUIRE(source.wait(10));
    CHECK(host.last_state("source") == LEAT_STATE_UP);
}

TEST_CASE("a source can be stopped before it has reached a broker") {
    ScriptedHost host;
    SourceRig source(host, "127.0.0.1:1", "x");
    REQUIRE(host.run_until([&] { return host.last_state("source") == LEAT_STATE_DOWN; }));
    CHECK(source.stop());
}

TEST_CASE("a position that is not in the log fails with words instead of skipping") {
    MockCluster kafka;
    kafka.create("range", 1);
    ScriptedHost host;
    fill(host, kafka.brokers(), "range", 0, 5);
    // A group that is further than the log.
    char why[256];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", kafka.brokers().c_str(), why, sizeof why);
    rd_kafka_conf_set(conf, "group.id", "far", why, sizeof why);
    rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    const kafka::PartitionList list = kafka::make_list();
    rd_kafka_topic_partition_list_add(list.get(), "range", 0)->offset = 99;
    CHECK(rd_kafka_commit(client, list.get(), 0) == 0);
    rd_kafka_destroy(client);
    SourceRig source(host, kafka.brokers(), "range", {.group = "far"});
    REQUIRE(host.run_until([&] { return host.last_state("source") == LEAT_STATE_FAILED; }));
    CHECK(host.last_reason("source").find("range/0: the group's position 99 is not in the log") == 0);
}

TEST_CASE("a source can be stopped while the start of its partitions is found out") {
    MockCluster kafka;
    kafka.create("slow", 1);
    ScriptedHost host;
    rd_kafka_mock_push_request_errors(kafka.get(), 2 /* ListOffsets */, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    SourceRig source(host, kafka.brokers(), "slow", {.start = "latest"});
    REQUIRE(host.run_until([&] { return host.logged("trying again") == 1; }));
    rd_kafka_mock_broker_set_rtt(kafka.get(), 1, 1000);
    host.run_for(std::chrono::milliseconds(800));  // the second trial is under way
    CHECK(source.stop());
    host.run_for(std::chrono::milliseconds(500));
}

TEST_CASE("a record that cannot be read fails with its place instead of being passed over") {
    MockCluster kafka;
    kafka.create("damaged", 1);
    ScriptedHost host;
    fill(host, kafka.brokers(), "damaged", 0, 5);
    rd_kafka_mock_push_request_errors(kafka.get(), 1 /* Fetch */, 1, RD_KAFKA_RESP_ERR__BAD_MSG);
    SourceRig source(host, kafka.brokers(), "damaged");
    REQUIRE(host.run_until([&] { return host.last_state("source") == LEAT_STATE_FAILED; }));
    CHECK(host.last_reason("source").find("damaged/0: the record at offset") == 0);
    host.run_for(std::chrono::milliseconds(300));
    CHECK(source.inlet.arrivals.empty());
}
