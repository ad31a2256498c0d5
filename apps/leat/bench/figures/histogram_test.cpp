#include "bench/figures/histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using leat::bench::Histogram;

TEST_CASE("each duration lies in the cell that ends at or above it, and above the end of the cell before") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 20000; ++i) {
        const uint64_t ns = random() >> (random() % 63 + 1);
        const size_t cell = Histogram::cell_of(ns);
        CAPTURE(ns);
        CHECK(Histogram::cell_end(cell) >= ns);
        if (cell > 0) CHECK(Histogram::cell_end(cell - 1) < ns);
    }
}

TEST_CASE("a percentile is the one of the sorted durations, at most 1/128 above it") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (const double spread : {0.1, 1.0, 4.0}) {
        std::lognormal_distribution<double> durations(9, spread);
        const size_t n = 1 + random() % 5000;
        std::vector<int64_t> all;
        Histogram histogram;
        for (size_t i = 0; i < n; ++i) {
            all.push_back(static_cast<int64_t>(durations(random)));
            histogram.record(all.back());
        }
        std::sort(all.begin(), all.end());
        for (const double percent : {0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
            const auto rank = static_cast<size_t>(std::ceil(static_cast<double>(n) * percent / 100));
            const int64_t exact = all[rank == 0 ? 0 : rank - 1];
            const int64_t got = histogram.percentile(percent);
            CAPTURE(percent);
            CAPTURE(exact);
            CHECK(got >= exact);
            CHECK(static_cast<double>(got) <= static_cast<double>(exact) * (1 + 1.0 / 128) + 1);
        }
        CHECK(histogram.max() == all.back());
        CHECK(histogram.count() == n);
    }
}

TEST_CASE("histograms add up to the histogram of all") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Histogram one, other, both;
    for (int i = 0; i < 3000; ++i) {
        const auto ns = static_cast<int64_t>(random() >> (random() % 50 + 10));
        (i % 3 ? one : other).record(ns);
        both.record(ns);
    }
    one.add(other);
    CHECK(one.count() == both.count());
    CHECK(one.max() == both.max());
    for (const double percent : {1.0, 50.0, 99.0, 99.99}) CHECK(one.percentile(percent) == both.percentile(percent));
}

TEST_CASE("an empty histogram has no percentiles, and what is negative counts as nothing") {
    Histogram histogram;
    CHECK(histogram.percentile(50) == 0);
    histogram.record(-5);
    histogram.record(std::numeric_limits<int64_t>::max());
    CHECK(histogram.percentile(50) == 0);
    CHECK(histogram.percentile(100) == std::numeric_limits<int64_t>::max());
}
