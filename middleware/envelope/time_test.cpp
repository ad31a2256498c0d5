#include "time.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace leat::envelope;

TEST_CASE("times are written as RFC 3339 has them") {
    CHECK(show_time(0) == "1970-01-01T00:00:00.000000000Z");
    CHECK(show_time(-1) == "1969-12-31T23:59:59.999999999Z");
    CHECK(show_time(1'709'210'096'123'456'789) == "2024-02-29T12:34:56.123456789Z");
    CHECK(show_time(INT64_MAX) == "2262-04-11T23:47:16.854775807Z");
}

TEST_CASE("times are read with fractions and offsets") {
    CHECK(read_time("2024-02-29T12:34:56.123456789Z") == 1'709'210'096'123'456'789);
    CHECK(read_time("1970-01-01T01:00:00+01:00") == 0);
    CHECK(read_time("1969-12-31 16:30:00.5-07:30") == 500'000'000);
    CHECK(read_time("1990-12-31T23:59:60Z") == 662'688'000'000'000'000);
    for (const char* wrong :
         {"", "2024-02-30T00:00:00Z", "2024-02-29T24:00:00Z", "2024-02-29T12:34:56", "2024-02-29T12:34:56.Z", "2024",
          "2024-02-29T12:34:56.1234567890Z", "2024-02-29T12:34:56ZZ", "2024-02-29T12:34:56+1:00",
          "+024-02-29T12:34:56Z", "1600-01-01T00:00:00Z", "2400-01-01T00:00:00Z", "2024-02-29T12:34:5\xff"}) {
        CHECK_MESSAGE(!read_time(wrong), wrong);
    }
}

TEST_CASE("every time that is written is read again") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 5000; ++i) {
        const auto ns = static_cast<int64_t>(random());
        CHECK(read_time(show_time(ns)) == ns);
    }
}
