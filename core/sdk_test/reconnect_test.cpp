#include <leat/sdk/reconnect.hpp>

#include <doctest/doctest.h>

using leat::Reconnect;
using namespace std::chrono_literals;

TEST_CASE("the delay doubles up to its limit, less up to a quarter") {
    Reconnect r(100ms, 500ms);
    CHECK(r.next(0) == 100ms);
    CHECK(r.next(0) == 200ms);
    CHECK(r.next(0) == 400ms);
    CHECK(r.next(0) == 500ms);
    const auto jittered = r.next(1023);
    CHECK(jittered < 500ms);
    CHECK(jittered >= 375ms);
}

TEST_CASE("the delay starts anew after a connection that lasted, not after one that was thrown out at once") {
    Reconnect r(100ms, 10s);
    r.next(0);
    r.connected(1s);
    r.lost(2s);
    CHECK(r.next(0) == 200ms);
    r.connected(3s);
    r.lost(14s);
    CHECK(r.next(0) == 100ms);
}

TEST_CASE("a limit below the first delay does not shorten it") {
    Reconnect r(2s, 1s);
    CHECK(r.next(0) == 2s);
    CHECK(r.next(0) == 2s);
}
