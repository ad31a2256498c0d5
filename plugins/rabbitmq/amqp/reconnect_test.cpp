#include "amqp/reconnect.hpp"

#include <doctest/doctest.h>

using leat::rabbitmq::Reconnect;
using namespace std::chrono_literals;

TEST_CASE("the wait doubles up to its limit, less up to a quarter") {
    Reconnect reconnect(100ms, 1s);
    CHECK(reconnect.next(0) == 100ms);
    CHECK(reconnect.next(0) == 200ms);
    const auto jittered = reconnect.next(1023);
    CHECK(jittered < 400ms);
    CHECK(jittered >= 300ms);
    CHECK(reconnect.next(0) == 800ms);
    CHECK(reconnect.next(0) == 1s);
    CHECK(reconnect.next(0) == 1s);
}

TEST_CASE("only a connection that has lasted begins the waits anew") {
    Reconnect reconnect(100ms, 1s);
    reconnect.next(0);
    reconnect.next(0);
    reconnect.connected(0s);
    reconnect.lost(1s);
    CHECK(reconnect.next(0) == 400ms);
    reconnect.connected(10s);
    reconnect.lost(20s);
    CHECK(reconnect.next(0) == 100ms);
}
