#include "consumer/fetched.hpp"

#include <doctest/doctest.h>

#include "test_rig.hpp"

TEST_CASE("a pool that is given up lives until its last batch has come back, copied or not") {
    std::string payload;
    SUBCASE("copied") { payload = "a"; }
    SUBCASE("held") { payload = std::string(5000, 'a'); }
    kafka::test::MockCluster kafka;
    kafka.create("t", 1);
    leat::test::ScriptedHost host;
    kafka::test::SinkRig sink(host, kafka.brokers(), "t");
    sink.push({payload, "b"});
    REQUIRE(sink.wait(2));
    kafka::test::SourceRig source(host, kafka.brokers(), "t");
    REQUIRE(source.wait(2));
    leat_message kept = source.inlet.arrivals[0].message;
    leat_buffer_retain(kept.buffer, 1);
    source.inlet.settle_all(LEAT_ACK);
    REQUIRE(source.stop());  // although a record is still held
    CHECK(leat::view(kept.payload) == payload);
    CHECK(leat::view(kept.topic) == "t");
    leat_buffer_release(kept.buffer, 1);
}

TEST_CASE("messages that come one by one do not keep room for a whole batch each") {
    kafka::test::MockCluster kafka;
    kafka.create("t", 1);
    leat::test::ScriptedHost host;
    kafka::test::SinkRig sink(host, kafka.brokers(), "t");
    kafka::test::SourceRig source(host, kafka.brokers(), "t");
    for (size_t i = 1; i <= 20; ++i) {
        sink.push({"a"});
        REQUIRE(source.wait(i));
    }
    for (const auto& arrival : source.inlet.arrivals) {
        CHECK(static_cast<const kafka::Fetched*>(arrival.message.buffer)->room <= 4);
    }
    source.inlet.settle_all(LEAT_ACK);
}
