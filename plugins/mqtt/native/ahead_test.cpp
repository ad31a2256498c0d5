#include "native/ahead.hpp"

#include <doctest/doctest.h>

using leat::mqtt::Ahead;

TEST_CASE("a broker that stops at 20 unacknowledged messages is expected to send as many as are missing") {
    Ahead ahead;
    CHECK(ahead.left(20) == Ahead::kUnknown);
    ahead.stalled();
    CHECK(ahead.left(20) == 0);
    CHECK(ahead.left(12) == 8);
    CHECK(ahead.left(0) == 20);
}

TEST_CASE("a broker that sends more than it was taken to has no known end again") {
    Ahead ahead;
    CHECK(ahead.left(5) == Ahead::kUnknown);
    ahead.stalled();  // its publisher had a rest
    CHECK(ahead.left(6) == Ahead::kUnknown);
    CHECK(ahead.left(2) == Ahead::kUnknown);
}

TEST_CASE("a quiet time with everything acknowledged tells nothing") {
    Ahead ahead;
    CHECK(ahead.left(0) == Ahead::kUnknown);
    ahead.stalled();
    CHECK(ahead.left(20) == Ahead::kUnknown);
}

TEST_CASE("a new connection begins without an end") {
    Ahead ahead;
    CHECK(ahead.left(20) == Ahead::kUnknown);
    ahead.stalled();
    ahead.start();
    CHECK(ahead.left(20) == Ahead::kUnknown);
}
