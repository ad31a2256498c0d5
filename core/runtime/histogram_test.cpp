#include "runtime/histogram.hpp"

#include <doctest/doctest.h>

#include <cstdint>

TEST_CASE("a bucket holds what it says, within 6.25 %") {
    for (uint64_t ns = 1; ns < (uint64_t{1} << 62); ns = ns * 3 / 2 + 1) {
        const size_t bucket = leat::runtime::bucket_of(ns);
        REQUIRE(bucket < leat::runtime::kBuckets);
        CHECK(leat::runtime::bucket_end(bucket) >= ns);
        CHECK(static_cast<double>(leat::runtime::bucket_end(bucket)) <= static_cast<double>(ns) * 1.0625 + 1);
        if (bucket > 0) CHECK(leat::runtime::bucket_end(bucket - 1) < ns);
    }
}

TEST_CASE("percentiles are of what was recorded") {
    leat_histogram histogram;
    CHECK(histogram.read().percentile(50) == 0);
    for (int i = 1; i <= 1000; ++i) histogram.record(i * 1000, 1);
    const auto reading = histogram.read();
    CHECK(reading.total == 1000);
    CHECK(static_cast<double>(reading.percentile(50)) == doctest::Approx(500'000).epsilon(0.07));
    CHECK(static_cast<double>(reading.percentile(99)) == doctest::Approx(990'000).epsilon(0.07));
    histogram.record(-5, 1);  // a clock that went backwards counts as 0
    CHECK(histogram.read().counts[0] == 1);
}
