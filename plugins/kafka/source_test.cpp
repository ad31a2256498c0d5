#include <doctest/doctest.h>

#include "test_rig.hpp"

using namespace kafka::test;
using leat::test::ScriptedHost;

TEST_CASE("a source emits what a topic holds, in order by partition") {
    MockCluster kafka;
    kafka.create("in", 2);
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "in");
    for (int i = 0; i < 200; ++i) sink.push({std::to_string(i)}, static_cast<uint32_t>(i % 2));
    REQUIRE(sink.wait(200));

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
