#include "native/pace.hpp"

#include <doctest/doctest.h>

using leat::mqtt::Pace;
using namespace std::chrono_literals;

namespace {

// So many reads, one every `apart`, each giving so many packets.
void reads(Pace& pace, std::chrono::nanoseconds& now, int count, std::chrono::nanoseconds apart, int packets) {
    for (int i = 0; i < count; ++i) {
        pace.read(now += apart);
        for (int p = 0; p < packets; ++p) pace.packet();
    }
}

}  // namespace

TEST_CASE("a steady 500 messages a second are not fast, nor are 5,000") {
    for (const auto apart : {2ms, 1ms}) {
        Pace pace;
        std::chrono::nanoseconds now{};
        pace.start(now);
        reads(pace, now, 1000, apart, 1);
        CHECK_FALSE(pace.is_fast());
    }
    Pace pace;
    std::chrono::nanoseconds now{};
    pace.start(now);
    reads(pace, now, 1000, 200us, 1);
    CHECK_FALSE(pace.is_fast());
}

TEST_CASE("a stream is fast after some forty reads, and stays so while pauses gather its packets") {
    Pace pace;
    std::chrono::nanoseconds now{};
    pace.start(now);
    reads(pace, now, 20, 10us, 1);
    CHECK_FALSE(pace.is_fast());
    reads(pace, now, 20, 10us, 1);
    CHECK(pace.is_fast());
    reads(pace, now, 1000, 500us, 20);
    CHECK(pace.is_fast());
}

TEST_CASE("a burst after a quiet time is not fast, and a stream that slows down is found") {
    Pace pace;
    std::chrono::nanoseconds now{};
    pace.start(now);
    for (int burst = 0; burst < 100; ++burst) {
        reads(pace, now, 1, 10ms, 1);
        reads(pace, now, 7, 15us, 1);
        CHECK_FALSE(pace.is_fast());
    }
    reads(pace, now, 100, 500us, 20);
    CHECK(pace.is_fast());
    reads(pace, now, 4, 2ms, 1);
    CHECK_FALSE(pace.is_fast());
}

TEST_CASE("a pause ends before a quarter of what is awaited can have come, and is never longer than the most") {
    Pace pace;
    std::chrono::nanoseconds now{};
    pace.start(now);
    reads(pace, now, 200, 400us, 20);  // one each 20 us
    REQUIRE(pace.is_fast());
    CHECK(pace.pause(4ms, 8192) == 4ms);
    CHECK(pace.pause(4ms, ~std::size_t{0}) == 4ms);
    const auto some = pace.pause(4ms, 100);
    CHECK(some > 400us);
    CHECK(some < 600us);
    CHECK(pace.pause(4ms, 0) == 0ns);
}
