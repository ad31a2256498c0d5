#include <leat/sdk/pace.hpp>

#include <doctest/doctest.h>

using leat::Pace;
using namespace std::chrono_literals;

namespace {

constexpr auto kMost = 500us;
constexpr std::uint64_t kMany = 8192;

struct Stream {
    Pace pace;
    std::chrono::nanoseconds now{};

    Stream() { pace.start(now); }

    // So many reads, one every `apart`, each giving so many messages.
    void reads(int count, std::chrono::nanoseconds apart, std::uint64_t messages) {
        for (int i = 0; i < count; ++i) pace.came(now += apart, messages);
    }
};

}  // namespace

TEST_CASE("a steady 500 messages a second are not fast, nor are 1,000 or 5,000: there is no pause") {
    for (const auto apart : {2000us, 1000us, 200us}) {
        Stream stream;
        stream.reads(1000, apart, 1);
        CHECK_FALSE(stream.pace.is_fast());
        CHECK(stream.pace.pause(kMost, kMany) == 0ns);
    }
}

TEST_CASE("a stream is fast after some forty reads, and stays so while pauses gather its messages") {
    Stream stream;
    stream.reads(20, 10us, 1);
    CHECK_FALSE(stream.pace.is_fast());
    stream.reads(20, 10us, 1);
    CHECK(stream.pace.is_fast());
    stream.reads(1000, 500us, 20);
    CHECK(stream.pace.pause(kMost, kMany) == kMost);
}

TEST_CASE("what comes in a pause stands for its time, however little the reads around it give") {
    Stream stream;
    stream.reads(100, 10us, 1);
    for (int i = 0; i < 100; ++i) {
        stream.reads(1, 4ms, 160);
        CHECK(stream.pace.is_fast());
        stream.reads(3, 5us, 1);
        CHECK(stream.pace.is_fast());
    }
}

TEST_CASE("a burst after a quiet time is not fast, and a stream that slows down is found") {
    Stream stream;
    for (int burst = 0; burst < 100; ++burst) {
        stream.reads(1, 10ms, 1);
        stream.reads(7, 15us, 1);
        CHECK_FALSE(stream.pace.is_fast());
    }
    stream.reads(100, 500us, 20);
    CHECK(stream.pace.is_fast());
    stream.reads(4, 2ms, 1);
    CHECK_FALSE(stream.pace.is_fast());
}

TEST_CASE("a pause ends before a quarter of what is awaited can have come, and is never longer than the most") {
    Stream stream;
    stream.reads(200, 400us, 20);  // one each 20 us
    REQUIRE(stream.pace.is_fast());
    CHECK(stream.pace.pause(4ms, kMany) == 4ms);
    CHECK(stream.pace.pause(4ms, ~std::uint64_t{0}) == 4ms);
    const auto some = stream.pace.pause(4ms, 100);
    CHECK(some > 400us);
    CHECK(some < 600us);
    CHECK(stream.pace.pause(4ms, 8) == 0ns);
    CHECK(stream.pace.pause(4ms, 0) == 0ns);
}

TEST_CASE("a read that gave nothing tells nothing") {
    Stream stream;
    stream.reads(60, 20us, 1);
    stream.reads(1000, 1us, 0);
    CHECK(stream.pace.pause(kMost, kMany) == kMost);
}
