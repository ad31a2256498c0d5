// The order of a lane.
#include <map>

#include "conformance/case.hpp"

using namespace leat::test;

CONFORMANCE_CASE("messages of a topic arrive in order") {
    Rig rig(backend, {.topics = 5});
    rig.publish(1, 2000);
    REQUIRE(rig.wait([&] { return rig.tap().settled() >= 2000; }));
    CHECK(rig.seen().missing(1, 2000).empty());
    CHECK(rig.seen().in_order() == backend.features().order);
    if (!backend.features().order) absent("order");
}

CONFORMANCE_CASE("a sink keeps the order of each topic") {
    Rig rig(backend, {.topics = 5, .writer = true});
    backend.listen(rig.topics());
    rig.feed().send(rig.numbered(1, 2000));
    REQUIRE(rig.wait([&] { return rig.feed().ended_as(LEAT_ACK) == 2000; }));
    const auto landed = rig.collect(2000);
    CHECK(landed.size() == 2000);
    std::map<std::string, std::uint64_t> last;
    int disordered = 0;
    for (const Sample& s : landed) {
        disordered += number_of(s) < last[s.topic];
        last[s.topic] = number_of(s);
    }
    CHECK((disordered == 0) == backend.features().order);
    if (!backend.features().order) absent("order");
}

CONFORMANCE_CASE("the messages of a topic share a lane, and keep it") {
    Rig rig(backend, {.topics = 5});
    rig.publish(1, 500);
    REQUIRE(rig.wait([&] { return rig.tap().settled() >= 500; }));
    std::map<std::string, std::uint32_t> lanes;
    int changed = 0;
    for (const Arrival& a : rig.tap().arrivals())
        changed += lanes.try_emplace(a.topic, a.lane).first->second != a.lane;
    CHECK(changed == 0);
}

CONFORMANCE_CASE("first arrivals stay in order over a stop and a start") {
    Rig rig(backend, {.max_in_flight = 64, .topics = 3});
    rig.tap().answer(hold(301, 1000));
    rig.publish(1, 600);
    REQUIRE(rig.wait([&] { return rig.tap().held() > 0; }));
    rig.stop();
    rig.tap().answer({});
    rig.start();
    rig.publish(601, 900);
    REQUIRE(rig.wait([&] { return rig.seen().missing(601, 900).empty(); }));
    CHECK(rig.seen().in_order() == backend.features().order);
    CHECK(rig.seen().missing(1, 900).empty() == backend.features().persists);
    if (!backend.features().persists) absent("persistence");
}
