#include "show/figures.hpp"

#include <doctest/doctest.h>

using namespace leat::app;
using namespace std::chrono_literals;

TEST_CASE("a rate has three or four figures") {
    CHECK(rate_text(0) == "0");
    CHECK(rate_text(0.4) == "0.4");
    CHECK(rate_text(9.96) == "10");
    CHECK(rate_text(1234) == "1234");
    CHECK(rate_text(12345) == "12.3k");
    CHECK(rate_text(999'949) == "999.9k");
    CHECK(rate_text(999'951) == "1.00M");
    CHECK(rate_text(60e6) == "60.00M");
}

TEST_CASE("a latency has a unit, and nothing measured is no zero") {
    CHECK(latency_text(0) == "-");
    CHECK(latency_text(870) == "870 ns");
    CHECK(latency_text(1100) == "1.1 us");
    CHECK(latency_text(12'000) == "12 us");
    CHECK(latency_text(999'600) == "1.0 ms");
    CHECK(latency_text(3'200'000) == "3.2 ms");
    CHECK(latency_text(75'000'000'000) == "75 s");
}

TEST_CASE("an age has two units") {
    CHECK(age_text(45s) == "45 s");
    CHECK(age_text(723s) == "12 min 3 s");
    CHECK(age_text(12000s) == "3 h 20 min");
    CHECK(age_text(50h) == "2 d 2 h");
}

TEST_CASE("times are in UTC with milliseconds") {
    CHECK(utc_text(std::chrono::system_clock::time_point(951782399007ms)) == "2000-02-28T23:59:59.007Z");
}
