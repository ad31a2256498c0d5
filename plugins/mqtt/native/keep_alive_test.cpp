#include "native/keep_alive.hpp"

#include <doctest/doctest.h>

using namespace leat::mqtt;
using namespace std::chrono_literals;
using Action = KeepAlive::Action;

TEST_CASE("a quiet connection is pinged before the interval is over, and again after an answer") {
    KeepAlive k;
    k.start(8s, 0s);
    CHECK(k.tick(4s) == Action::none);
    CHECK(k.tick(5s) == Action::ping);
    k.received(6s);
    k.answered();
    CHECK(k.tick(9s) == Action::none);
    CHECK(k.tick(10s) == Action::ping);
}

TEST_CASE("a broker that answers nothing for an interval after a ping is dead") {
    KeepAlive k;
    k.start(8s, 0s);
    CHECK(k.tick(5s) == Action::ping);
    CHECK(k.tick(12s) == Action::ping);  // the client must go on speaking
    CHECK(k.tick(13s) == Action::dead);
}

TEST_CASE("a broker that sends anything is alive, though its PINGRESP stands behind a backlog") {
    KeepAlive k;
    k.start(8s, 0s);
    CHECK(k.tick(5s) == Action::ping);
    k.received(12s);
    CHECK(k.tick(13s) != Action::dead);
    CHECK(k.tick(20s) == Action::dead);
}

TEST_CASE("while the socket is not read, pings go on and silence means nothing") {
    KeepAlive k;
    k.start(2s, 0s);
    k.reading(false, 0s);
    int pings = 0;
    for (KeepAlive::Time now = 0s; now < 60s; now += k.period()) {
        const Action action = k.tick(now);
        CHECK(action != Action::dead);
        pings += action == Action::ping ? 1 : 0;
    }
    CHECK(pings >= 30);
    k.reading(true, 60s);
    CHECK(k.tick(61s) != Action::dead);
    CHECK(k.tick(62s) == Action::dead);
}

TEST_CASE("a client that only sends still asks whether anybody is there") {
    KeepAlive k;
    k.start(8s, 0s);
    k.sent(4s);
    CHECK(k.tick(5s) == Action::ping);
    k.sent(12s);
    CHECK(k.tick(13s) == Action::dead);
}

TEST_CASE("interval 0 switches pings off") {
    KeepAlive k;
    k.start(0s, 0s);
    CHECK(k.tick(1h) == Action::none);
}
