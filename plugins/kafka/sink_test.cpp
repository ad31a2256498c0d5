#include "test_rig.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>

using namespace kafka::test;
using leat::test::ScriptedHost;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> numbers(int from, int to) {
    std::vector<std::string> all;
    for (int i = from; i < to; ++i) all.push_back(std::to_string(i));
    return all;
}

// What a topic's only partition holds, in its order: read without a group, which would take its time to come
// together.
std::vector<std::string> read_all(const std::string& brokers, const std::string& topic, size_t at_least) {
    kafka::Conf conf;
    conf.set("bootstrap.servers", brokers);
    conf.set("group.id", "reader");
    conf.set("enable.auto.commit", "false");
    rd_kafka_t* client = kafka::make_client(RD_KAFKA_CONSUMER, std::move(conf));
    const kafka::PartitionList all = kafka::make_list();
    rd_kafka_topic_partition_list_add(all.get(), topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client, all.get());
    std::vector<std::string> payloads;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (bool is_more = true; is_more;) {
        const bool is_short = payloads.size() < at_least && std::chrono::steady_clock::now() < end;
        rd_kafka_message_t* record = rd_kafka_consumer_poll(client, 100);  // what is too much would come now
        if (record && !record->err) payloads.emplace_back(static_cast<const char*>(record->payload), record->len);
        is_more = record || is_short;
        if (record) rd_kafka_message_destroy(record);
    }
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return payloads;
}

}  // namespace

TEST_CASE("what a sink is given lands and is acknowledged") {
    MockCluster kafka;
    kafka.create("out", 4);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "out");
    for (uint32_t i = 0; i < 100; ++i) sink.push({std::to_string(i)}, i % 3);
    REQUIRE(sink.wait(100));
    CHECK(sink.outcomes.count(LEAT_ACK) == 100);
    CHECK(host.last_state("sink") == LEAT_STATE_UP);
    CHECK(sink.stop());
}

TEST_CASE("messages of one lane without a key stay in one partition, without a key") {
    MockCluster kafka;
    kafka.create("lanes", 8);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "lanes");
    for (uint32_t i = 0; i < 160; ++i) sink.push({std::to_string(i)}, 7 + i % 4);
    REQUIRE(sink.wait(160));
    SourceRig source(host, kafka.brokers(), "lanes");
    REQUIRE(source.wait(160));
    int last[4] = {-1, -1, -1, -1};
    for (const auto& arrival : source.inlet.arrivals) {
        const int i = std::stoi(arrival.payload);
        CHECK(last[i % 4] < i);
        last[i % 4] = i;
        CHECK(arrival.message.key.data == nullptr);
    }
}

TEST_CASE("a full queue of librdkafka keeps messages here, in order, until there is room") {
    MockCluster kafka;
    kafka.create("narrow", 1);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "narrow", {{"queue.buffering.max.messages", "10"}});
    sink.push(numbers(0, 500));
    REQUIRE(sink.wait(500));
    CHECK(sink.outcomes.count(LEAT_ACK) == 500);
    CHECK(read_all(kafka.brokers(), "narrow", 500) == numbers(0, 500));
}

TEST_CASE("what gathers behind many messages lands, in order, though nothing more comes") {
    MockCluster kafka;
    kafka.create("many", 1);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "many");
    sink.push(numbers(0, 1));
    REQUIRE(sink.wait(1));
    sink.push(numbers(1, 500));
    for (int i = 500; i < 510; ++i) sink.push(numbers(i, i + 1));
    REQUIRE(sink.wait(510));
    CHECK(sink.outcomes.count(LEAT_ACK) == 510);
    CHECK(read_all(kafka.brokers(), "many", 510) == numbers(0, 510));
}

TEST_CASE("messages gather, but not when their sender waits for them and nothing is on its way") {
    MockCluster kafka;
    kafka.create("window", 1);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "window");
    sink.push(numbers(0, 1));
    REQUIRE(sink.wait(1));
    host.advance(-1h);  // so much longer lasts the period that has begun
    sink.push(numbers(1, 300));
    REQUIRE(sink.wait(kafka::Gathering::kFree));
    CHECK(sink.outcomes.all.size() == kafka::Gathering::kFree);
    sink.flush();
    REQUIRE(sink.wait(300));
    host.advance(-2h);
    sink.push(numbers(300, 700));
    sink.flush();  // some are on their way: the others go when these have landed
    REQUIRE(sink.wait(700));
    CHECK(sink.outcomes.count(LEAT_ACK) == 700);
    CHECK(read_all(kafka.brokers(), "window", 700) == numbers(0, 700));
}

TEST_CASE("a sink that stops while messages gather settles each of them once") {
    MockCluster kafka;
    kafka.create("many", 1);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "many");
    sink.push(numbers(0, 1));
    REQUIRE(sink.wait(1));
    sink.push(numbers(1, 500));
    sink.push(numbers(500, 510));
    CHECK(sink.stop());
    CHECK(sink.outcomes.all.size() == 510);
    CHECK(sink.outcomes.count(LEAT_ACK) + sink.outcomes.count(LEAT_ABANDON) == 510);
}

TEST_CASE("after a fatal error a new producer sends what has not landed, in order") {
    MockCluster kafka;
    kafka.create("fatal", 1);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "fatal", {{"batch.num.messages", "20"}});
    sink.push(numbers(0, 1));
    REQUIRE(sink.wait(1));
    rd_kafka_mock_push_request_errors(kafka.get(), 0 /* Produce */, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    sink.push(numbers(1, 200));
    REQUIRE(sink.wait(200));
    CHECK(sink.outcomes.count(LEAT_ACK) == 200);
    CHECK(host.logged("fatal error of the producer") == 1);
    // What had left behind the refused batch may have landed (the mock, unlike a broker, does not look at sequence
    // numbers), with or without a report; from the refused message on all is in order.
    std::vector<int> landed;
    for (const std::string& one : read_all(kafka.brokers(), "fatal", 200)) landed.push_back(std::stoi(one));
    CHECK(std::set<int>(landed.begin(), landed.end()).size() == 200);
    const auto refused = std::find(landed.rbegin(), landed.rend(), 1).base() - 1;
    CHECK(std::is_sorted(refused, landed.end()));
}

TEST_CASE("a retriable refusal by the broker is no outcome") {
    MockCluster kafka;
    kafka.create("busy", 1);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "busy");
    rd_kafka_mock_push_request_errors(kafka.get(), 0 /* Produce */, 2, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    sink.push(numbers(0, 50));
    REQUIRE(sink.wait(50));
    CHECK(sink.outcomes.count(LEAT_ACK) == 50);
    CHECK(read_all(kafka.brokers(), "busy", 50) == numbers(0, 50));
}

TEST_CASE("a refusal for good rejects, with the reason") {
    MockCluster kafka;
    kafka.create("strict", 1);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "strict");
    rd_kafka_mock_push_request_errors(kafka.get(), 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_POLICY_VIOLATION);
    sink.push({"x"});
    REQUIRE(sink.wait(1));
    CHECK(sink.outcomes.all[0].outcome == LEAT_REJECT);
    CHECK(sink.outcomes.all[0].why.find("topic strict") != std::string::npos);
    sink.push({"y"});
    REQUIRE(sink.wait(2));
    CHECK(sink.outcomes.all[1].outcome == LEAT_ACK);
}

TEST_CASE(
    "records of a batch that is too large are sent again in smaller ones; what is too large alone is rejected") {
    MockCluster kafka;
    kafka.create("small", 1);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "small", {{"linger.ms", "100"}});  // one batch
    sink.push({"first"});
    REQUIRE(sink.wait(1));
    // The batch is refused, then the third record alone.
    rd_kafka_mock_push_request_errors(kafka.get(), 0 /* Produce */, 4, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                      RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_NO_ERROR,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    sink.push(numbers(0, 5));
    REQUIRE(sink.wait(6));
    CHECK(sink.outcomes.count(LEAT_ACK) == 5);
    CHECK(sink.outcomes.count(LEAT_REJECT) == 1);
}

TEST_CASE("of a batch that is refused for one record that record alone is rejected, and batches are batches again") {
    MockCluster kafka;
    kafka.create("strict", 1);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "strict", {{"linger.ms", "100"}});  // one batch
    sink.push({"first"});
    REQUIRE(sink.wait(1));
    // The batch is refused, then the third record alone.
    rd_kafka_mock_push_request_errors(kafka.get(), 0 /* Produce */, 4, RD_KAFKA_RESP_ERR_INVALID_RECORD,
                                      RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_NO_ERROR,
                                      RD_KAFKA_RESP_ERR_INVALID_RECORD);
    sink.push(numbers(0, 5));
    REQUIRE(sink.wait(6));
    CHECK(sink.outcomes.count(LEAT_ACK) == 5);
    REQUIRE(sink.outcomes.count(LEAT_REJECT) == 1);
    // Again one batch: its refusal is a suspicion, not the end of a record that travels alone.
    rd_kafka_mock_push_request_errors(kafka.get(), 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_INVALID_RECORD);
    sink.push(numbers(5, 10));
    REQUIRE(sink.wait(11));
    CHECK(sink.outcomes.count(LEAT_ACK) == 10);
}

TEST_CASE("records of a batch that is too large keep their order when a fatal error comes on top") {
    MockCluster kafka;
    kafka.create("both", 1);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "both", {{"batch.num.messages", "20"}, {"linger.ms", "50"}});
    sink.push({"first"});
    REQUIRE(sink.wait(1));
    rd_kafka_mock_broker_set_rtt(kafka.get(), 1, 20);
    rd_kafka_mock_push_request_errors(kafka.get(), 0 /* Produce */, 3, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    sink.push(numbers(0, 100));
    REQUIRE(sink.wait(101));
    CHECK(sink.outcomes.count(LEAT_ACK) == 101);
    CHECK(host.logged("fatal error of the producer") >= 1);
    const auto landed = read_all(kafka.brokers(), "both", 101);
    // What the mock, unlike a broker, takes behind a refused sequence number may have landed before.
    const auto refused = std::find(landed.rbegin(), landed.rend(), "0").base() - 1;
    CHECK(std::vector(refused, landed.end()) == numbers(0, 100));
}

TEST_CASE("a broker that is away is a state, and what was pushed meanwhile lands when it is back") {
    MockCluster kafka;
    kafka.create("away", 1);
    ScriptedHost host;
    rd_kafka_mock_broker_set_down(kafka.get(), 1);
    SinkRig sink(host, kafka.brokers(), "away");
    sink.push(numbers(0, 10));
    REQUIRE(host.run_until([&] { return host.last_state("sink") == LEAT_STATE_DOWN; }));
    CHECK(!host.last_reason("sink").empty());
    CHECK(sink.outcomes.all.empty());
    rd_kafka_mock_broker_set_up(kafka.get(), 1);
    REQUIRE(sink.wait(10));
    CHECK(sink.outcomes.count(LEAT_ACK) == 10);
    CHECK(host.run_until([&] { return host.last_state("sink") == LEAT_STATE_UP; }));
}

TEST_CASE("a sink that stops abandons what has not landed, once, and its producer ends") {
    MockCluster kafka;
    kafka.create("gone", 1);
    ScriptedHost host;
    rd_kafka_mock_broker_set_down(kafka.get(), 1);
    SinkRig sink(host, kafka.brokers(), "gone", {{"queue.buffering.max.messages", "5"}});
    sink.push(numbers(0, 10));
    CHECK(sink.stop());
    CHECK(sink.outcomes.all.size() == 10);
    CHECK(sink.outcomes.count(LEAT_ABANDON) == 10);
}

TEST_CASE("an illegal topic and an absent key reject the message") {
    MockCluster kafka;
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "no topic");
    sink.push({"x"});
    REQUIRE(sink.wait(1));
    CHECK(sink.outcomes.all[0].outcome == LEAT_REJECT);
    CHECK(sink.outcomes.all[0].why.find("no legal topic") != std::string::npos);
}
