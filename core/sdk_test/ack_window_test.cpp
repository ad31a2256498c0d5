#include <leat/sdk/flow/ack_window.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

using leat::AckWindow;

TEST_CASE("the watermark follows outcomes in any order") {
    AckWindow window(1024);
    const uint64_t a = window.add(), b = window.add(), c = window.add();
    CHECK(window.settle(b));
    CHECK(window.watermark() == 0);
    CHECK(window.settle(a));
    CHECK(window.watermark() == 2);
    CHECK(window.settle(c));
    CHECK(window.watermark() == 3);
    CHECK(window.span() == 0);
}

TEST_CASE("a second settlement and one that was never in flight are recognised") {
    AckWindow window(64);
    const uint64_t a = window.add(), b = window.add();
    CHECK(window.settle(b));
    CHECK_FALSE(window.settle(b));
    CHECK_FALSE(window.settle(2));
    CHECK_FALSE(window.settle(~uint64_t{0}));
    CHECK(window.settle(a));
    CHECK_FALSE(window.settle(a));
    CHECK_FALSE(window.settle(b));
    CHECK(window.watermark() == 2);
}

TEST_CASE("after reset what was unsettled is stale and numbers go on") {
    AckWindow window(100);
    for (int i = 0; i < 100; ++i) window.add();
    for (uint64_t i = 10; i < 50; ++i) window.settle(i);
    window.reset();
    CHECK(window.watermark() == 100);
    CHECK_FALSE(window.settle(5));
    CHECK(window.is_settled(5));
    for (int i = 0; i < 100; ++i) window.add();
    for (uint64_t i = 100; i < 200; ++i) CHECK_FALSE(window.is_settled(i));
    for (uint64_t i = 200; i-- > 100;) CHECK(window.settle(i));
    CHECK(window.watermark() == 200);
}

TEST_CASE("a window behaves like a set of unsettled numbers, whatever comes") {
    const auto seed = static_cast<uint32_t>(std::random_device{}());
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (uint64_t capacity : {1u, 2u, 63u, 64u, 65u, 100u, 128u, 1000u}) {
        CAPTURE(capacity);
        AckWindow window(capacity);
        std::set<uint64_t> open;
        uint64_t next = 0;
        const auto watermark = [&] { return open.empty() ? next : *open.begin(); };
        for (int step = 0; step < 20000; ++step) {
            const auto what = static_cast<unsigned>(random() % 100);
            if (what < 50 && next - watermark() < capacity) {
                REQUIRE(window.add() == next);
                open.insert(next++);
            } else if (what < 98) {
                // In order, in reverse, anywhere, and now and then one that is not in flight.
                const uint64_t span = next - watermark() + 3;
                uint64_t token = watermark() + random() % span - std::min<uint64_t>(1, watermark());
                if (what < 70) token = watermark();
                if (what > 90 && !open.empty()) token = *open.rbegin();
                REQUIRE(window.settle(token) == (open.erase(token) > 0));
            } else if (what == 99 && random() % 50 == 0) {
                window.reset();
                open.clear();
            }
            REQUIRE(window.watermark() == watermark());
            REQUIRE(window.next() == next);
            REQUIRE(window.span() == next - watermark());
            const uint64_t probe = watermark() + random() % capacity;
            REQUIRE(window.is_settled(probe) == (probe < next && !open.contains(probe)));
        }
    }
}

TEST_CASE("neighbours settled at once leave the window as one by one would") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 200; ++round) {
        AckWindow at_once(300), one_by_one(300);
        std::vector<uint64_t> open;
        for (int step = 0; step < 100; ++step) {
            if (const uint64_t n = std::min<uint64_t>(random() % 90, 300 - at_once.span()); n > 0) {
                const uint64_t first = at_once.add(n);
                for (uint64_t i = 0; i < n; ++i) REQUIRE(one_by_one.add() == first + i);
            }
            const uint64_t first = at_once.watermark() + random() % 200;
            const uint64_t n = 1 + random() % 130;
            bool all_open = first + n <= at_once.next();
            for (uint64_t i = 0; i < n; ++i) all_open = all_open && !one_by_one.is_settled(first + i);
            REQUIRE(at_once.settle(first, n) == all_open);  // or nothing is changed
            if (all_open) {
                for (uint64_t i = 0; i < n; ++i) REQUIRE(one_by_one.settle(first + i));
            }
            REQUIRE(at_once.watermark() == one_by_one.watermark());
            for (uint64_t s = at_once.watermark(); s < at_once.next(); ++s) {
                REQUIRE(at_once.is_settled(s) == one_by_one.is_settled(s));
            }
        }
    }
}

TEST_CASE("a run below the watermark, beyond the last or across either is not in flight") {
    AckWindow window(64);
    window.add(10);
    CHECK(window.settle(0, 4));
    CHECK_FALSE(window.settle(0, 4));
    CHECK_FALSE(window.settle(3, 2));
    CHECK_FALSE(window.settle(8, 3));
    CHECK_FALSE(window.settle(10, 1));
    CHECK_FALSE(window.settle(~uint64_t{0}, 2));
    CHECK(window.settle(4, 6));
    CHECK(window.watermark() == 10);
    window.add(64);
    CHECK(window.settle(11, 63));
    CHECK_FALSE(window.settle(10, 2));
    CHECK(window.settle(10));
    CHECK(window.span() == 0);
}
