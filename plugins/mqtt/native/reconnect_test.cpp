#include "native/reconnect.hpp"

#include <doctest/doctest.h>

using namespace leat::mqtt;
using namespace std::chrono_literals;

TEST_CASE("the delay doubles up to its limit, less some jitter") {
    Reconnect r(100ms, 500ms);
    CHECK(r.next(0) == 100ms);
    CHECK(r.next(0) == 200ms);
    CHECK(r.next(0) == 400ms);
    CHECK(r.next(0) == 500ms);
    const auto jittered = r.next(1023);
    CHECK(jittered < 500ms);
    CHECK(jittered > 370ms);
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
