#include "process/duration.hpp"

#include <doctest/doctest.h>

using leat::app::parse_duration;
using namespace std::chrono_literals;

TEST_CASE("a duration is numbers with units, added up") {
    CHECK(parse_duration("30s") == 30s);
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("1m30s") == 90s);
    CHECK(parse_duration("2h") == 2h);
    CHECK(parse_duration("0s") == 0s);
}

TEST_CASE("what is no duration is refused") {
    for (const char* text : {"", "s", "30", "30 s", "-1s", "1.5s", "3x", "1s2", "99999999h", "99999999999999s"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text));
    }
}
