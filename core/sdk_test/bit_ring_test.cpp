#include <leat/sdk/flow/bit_ring.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <random>

using leat::BitRing;

TEST_CASE("runs and gaps go over words, and end where they are told to") {
    BitRing bits(200);  // 256
    bits.set(60, 140);
    CHECK(bits.gap(0, 256) == 60);
    CHECK(bits.run(60, 256) == 140);
    CHECK(bits.run(60, 5) == 5);
    CHECK(bits.run(130, 256) == 70);
    CHECK(bits.run(200, 256) == 0);
    CHECK(bits.gap(200, 10) == 10);
    bits.clear(128, 64);
    CHECK(bits.run(60, 256) == 68);
    CHECK(bits.gap(128, 256) == 64);
    CHECK(bits.is_clear(128, 64));
    CHECK_FALSE(bits.is_clear(128, 65));
    CHECK_FALSE(bits.is_clear(127, 2));
    bits.clear_all();
    CHECK(bits.gap(5, 256) == 256);
}

TEST_CASE("it goes round: a range that moves up is as a list of bits") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    BitRing bits(128);
    std::deque<bool> model;
    uint64_t first = random() % 1'000'000;
    for (int step = 0; step < 20'000; ++step) {
        while (model.size() < 128) model.push_back(false);  // what comes in is clear
        const uint64_t at = random() % model.size(), n = 1 + random() % (model.size() - at);
        const bool sets = random() % 2;
        sets ? bits.set(first + at, n) : bits.clear(first + at, n);
        for (uint64_t i = at; i < at + n; ++i) model[i] = sets;
        const uint64_t from = random() % model.size(), most = model.size() - from;
        uint64_t run = 0, gap = 0;
        while (run < most && model[from + run]) ++run;
        while (gap < most && !model[from + gap]) ++gap;
        REQUIRE(bits.run(first + from, most) == run);
        REQUIRE(bits.gap(first + from, most) == gap);
        REQUIRE(bits.is_clear(first + from, most) == (gap == most));
        REQUIRE(bits.test(first + from) == model[from]);
        for (uint64_t passed = random() % 40; passed > 0; --passed) {
            bits.clear(first++);
            model.pop_front();
        }
    }
}
