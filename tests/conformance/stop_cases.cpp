// The outcome of every receipt when a route stops, whoever asks for it.
#include <atomic>
#include <thread>

#include "conformance/case.hpp"

using namespace leat::test;

CONFORMANCE_CASE("at the stop, what has landed is acknowledged and what is unsettled is returned") {
    Rig rig(backend);
    rig.tap().answer(hold(61, 100));
    rig.publish(1, 100);
    REQUIRE(rig.wait([&] { return rig.tap().count() >= backend.bounds().reached(61, 100, 100); }));
    rig.stop();
    const leat::RouteView view = rig.view("reader0");
    CHECK(view.ledger.landed == 60);
    CHECK(view.ledger.returned == backend.bounds().held_of(40));
    CHECK(view.ledger.in_flight == 0);
    CHECK(view.ledger.balances());
    CHECK(view.stale == 0);
    CHECK(rig.tap().held() == 0);
}

CONFORMANCE_CASE("a sink that stops without its broker settles every receipt once") {
    constexpr std::size_t kMessages = 200;
    Rig rig(backend, {.writer = true});
    backend.stop_broker();
    rig.feed().send(rig.numbered(1, kMessages));
    REQUIRE(rig.wait([&] { return rig.feed().sent() == kMessages; }));
    rig.stop();
    backend.start_broker();
    CHECK(rig.feed().settled() == kMessages);
    CHECK(rig.feed().ended_twice() == 0);
    CHECK(rig.feed().live_buffers() == 0);
    CHECK(rig.view("writer").ledger.balances());
    if (backend.has_broker()) {
        CHECK(rig.feed().ended_as(LEAT_ABANDON) == kMessages);
    } else {
        absent("a broker");
        CHECK(rig.feed().ended_as(LEAT_ACK) == kMessages);
    }
}

CONFORMANCE_CASE("several routes close at once while messages flow, and others look on and hurry") {
    Rig rig(backend, {.max_in_flight = 32, .readers = {"one", "two", "three", "four"}, .writer = true});
    rig.feed().send(rig.numbered(1, 4000));
    REQUIRE(rig.wait([&] { return rig.tap(0).count() > 200 && rig.tap(3).count() > 200; }));
    std::atomic<bool> is_over = false;
    std::vector<std::thread> others;
    for (int i = 0; i < 3; ++i) {
        others.emplace_back([&] {
            while (!is_over) {
                rig.host().hurry();
                (void)rig.host().snapshot();
            }
        });
    }
    rig.stop();
    is_over = true;
    for (auto& other : others) other.join();
    for (const auto& r : rig.host().snapshot().routes) {
        CAPTURE(r.name);
        CHECK(r.state == "stopped");
        CHECK(r.ledger.balances());
        CHECK(r.ledger.in_flight == 0);
    }
    CHECK(rig.feed().ended_twice() == 0);
    CHECK(rig.feed().live_buffers() == 0);
    if (!backend.features().persists) return absent("persistence");
    const auto landed = rig.feed().outcomes();
    rig.start();
    for (std::size_t reader = 0; reader < 4; ++reader) {
        REQUIRE(rig.wait([&] {
            const Seen seen = rig.seen(reader);
            for (std::size_t i = 0; i < landed.size(); ++i) {
                if (landed[i].front().outcome == LEAT_ACK && seen.times(i + 1) == 0) return false;
            }
            return true;
        }));
    }
}
