#include <doctest/doctest.h>

#include "test_rig.hpp"

using namespace kafka::test;
using leat::test::ScriptedHost;

TEST_CASE("what a sink is given lands and is acknowledged") {
    MockCluster kafka;
    kafka.create("out", 4);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "out");
    for (int i = 0; i < 100; ++i) sink.push({std::to_string(i)}, static_cast<uint32_t>(i % 3));
    REQUIRE(sink.wait(100));
    CHECK(sink.outcomes.count(LEAT_ACK) == 100);
    CHECK(host.last_state("sink") == LEAT_STATE_UP);
    CHECK(sink.stop());
}
