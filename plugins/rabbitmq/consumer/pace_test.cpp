#include "consumer/pace.hpp"

#include <doctest/doctest.h>

using leat::rabbitmq::Pace;
using namespace std::chrono_literals;

namespace {

void reads(Pace& pace, std::chrono::nanoseconds& now, int count, std::chrono::nanoseconds apart,
           std::uint64_t deliveries) {
    for (int i = 0; i < count; ++i) pace.read(now += apart, deliveries);
}

}  // namespace

TEST_CASE("there is no pause between deliveries of a slow queue, nor in a burst after a quiet time") {
    Pace pace;
    std::chrono::nanoseconds now{};
    pace.start(now);
    reads(pace, now, 1000, 2ms, 1);
    CHECK(pace.pause(4096) == 0ns);
    reads(pace, now, 1000, 200us, 1);
    CHECK(pace.pause(4096) == 0ns);
    for (int burst = 0; burst < 100; ++burst) {
        reads(pace, now, 1, 10ms, 1);
        reads(pace, now, 7, 15us, 1);
        CHECK(pace.pause(4096) == 0ns);
    }
}

TEST_CASE("deliveries of a backlog gather, also while the pauses themselves spread the reads") {
    Pace pace;
    std::chrono::nanoseconds now{};
    pace.start(now);
    reads(pace, now, 60, 20us, 1);
    CHECK(pace.pause(4096) == Pace::kLongest);
    reads(pace, now, 1000, 500us, 20);
    CHECK(pace.pause(4096) == Pace::kLongest);
    reads(pace, now, 8, 5ms, 1);
    CHECK(pace.pause(4096) == 0ns);
}

TEST_CASE("a pause ends before the broker has to wait for an acknowledgement") {
    Pace pace;
    std::chrono::nanoseconds now{};
    pace.start(now);
    reads(pace, now, 200, 400us, 20);  // one each 20 us
    CHECK(pace.pause(0) == 0ns);
    CHECK(pace.pause(8) == 0ns);
    CHECK(pace.pause(40) > 150us);
    CHECK(pace.pause(40) < 250us);
}

TEST_CASE("a look that gave nothing tells nothing") {
    Pace pace;
    std::chrono::nanoseconds now{};
    pace.start(now);
    reads(pace, now, 60, 20us, 1);
    reads(pace, now, 1000, 1us, 0);
    CHECK(pace.pause(4096) == Pace::kLongest);
}
