// The host and the broker come and go.
#include "conformance/case.hpp"

using namespace leat::test;

namespace {

/** Restarts the broker while messages are on their way through writer and reader. */
void restart_on_the_way(TestedBackend& backend, Rig& rig, std::uint64_t first, std::uint64_t last) {
    rig.feed().send(rig.numbered(first, (first + last) / 2));
    REQUIRE(rig.wait([&] { return rig.tap().distinct() > first; }));
    backend.stop_broker();
    rig.feed().send(rig.numbered((first + last) / 2 + 1, last));  // while it is away
    backend.start_broker();
}

/** The routes say why they are not running; none of them runs. */
bool tells_why(Rig& rig) {
    bool all = true;
    for (const auto& r : rig.host().snapshot().routes) {
        all = all && r.state != "running" && r.state != "starting" && !r.why.empty();
    }
    return all;
}

void check_access(TestedBackend& backend, Access wrong, Access right) {
    if (!backend.has_access(wrong)) {
        absent(wrong == Access::wrong_password ? "a login" : "TLS");
        CHECK_THROWS_WITH(Rig(backend, {.access = wrong}), doctest::Contains("unknown option"));
        return;
    }
    {
        Rig rig(backend, {.starts = false, .access = wrong});
        rig.start();
        REQUIRE(rig.wait([&] { return tells_why(rig); }));
        CHECK(rig.tap().count() == 0);
        rig.stop();
        CHECK(rig.view("reader0").ledger.balances());
    }
    Rig rig(backend, {.starts = false, .access = right});
    rig.start();
    CHECK(rig.wait_until_up());
}

}  // namespace

CONFORMANCE_CASE("stopped and started again, three times, the route goes on") {
    Rig rig(backend, {.max_in_flight = 64, .topics = 2});
    for (std::uint64_t round = 0; round < 3; ++round) {
        rig.publish(round * 300 + 1, round * 300 + 300);
        REQUIRE(rig.wait([&] { return rig.tap().distinct() > round * 300 + 50; }));
        if (!backend.features().persists) {
            REQUIRE(rig.wait([&] { return rig.tap().distinct() == round * 300 + 300; }));
        }
        rig.stop();
        CHECK(rig.view("reader0").ledger.balances());
        CHECK(rig.view("reader0").ledger.in_flight == 0);
        rig.start();
    }
    if (!backend.features().persists) absent("persistence");
    REQUIRE(rig.wait([&] { return rig.seen().missing(1, 900).empty(); }));
    CHECK(rig.seen().in_order());
}

CONFORMANCE_CASE("the broker restarts in the middle, twice, and nothing is missing") {
    if (!backend.has_broker()) {
        absent("a broker");
        CHECK_FALSE(backend.features().persists);
        Rig rig(backend);
        rig.publish(1, 20);
        REQUIRE(rig.wait([&] { return rig.tap().settled() >= 20; }));
        rig.stop();
        rig.tap().clear();
        rig.start();
        rig.publish(21, 40);
        REQUIRE(rig.wait([&] { return rig.seen().missing(21, 40).empty(); }));
        CHECK(rig.seen().missing(1, 20).size() == 20);
        return;
    }
    constexpr std::uint64_t kMessages = 3000;
    Rig rig(backend, {.topics = 3, .writer = true});
    restart_on_the_way(backend, rig, 1, kMessages / 2);
    REQUIRE(rig.wait([&] { return rig.tap().distinct() > kMessages / 4; }));
    restart_on_the_way(backend, rig, kMessages / 2 + 1, kMessages);
    REQUIRE(rig.wait([&] { return rig.feed().settled() == kMessages; }));
    CHECK(rig.feed().ended_as(LEAT_ACK) == kMessages);
    CHECK(rig.feed().ended_twice() == 0);
    REQUIRE(rig.wait([&] { return rig.seen().missing(1, kMessages).empty() == backend.features().persists; }));
    if (!backend.features().persists) absent("persistence");
    CHECK(rig.seen().in_order());
    rig.stop();
    CHECK(rig.feed().live_buffers() == 0);
    for (const auto& r : rig.host().snapshot().routes) CHECK(r.ledger.balances());
}

CONFORMANCE_CASE("a broker that is away at the start is waited for, and the state says so") {
    Rig rig(backend, {.writer = true, .starts = false});
    if (!backend.has_broker()) {
        absent("a broker");
        rig.start();
        CHECK(rig.wait_until_up());
        return;
    }
    backend.stop_broker();
    rig.start();
    rig.feed().send(rig.numbered(1, 100));
    CHECK(rig.wait([&] { return tells_why(rig); }));
    CHECK(rig.feed().settled() == 0);
    backend.start_broker();
    REQUIRE(rig.wait([&] { return rig.seen().missing(1, 100).empty(); }));
    CHECK(rig.wait([&] { return rig.feed().ended_as(LEAT_ACK) == 100; }));
}

CONFORMANCE_CASE("a wrong password is refused, and the state says so") {
    check_access(backend, Access::wrong_password, Access::by_password);
}

CONFORMANCE_CASE("a certificate of another authority is refused, and the state says so") {
    check_access(backend, Access::wrong_certificate, Access::by_certificate);
}
