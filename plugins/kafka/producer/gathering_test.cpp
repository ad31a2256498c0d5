#include "producer/gathering.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

using kafka::Gathering;

namespace {

constexpr int64_t kStart = 1'000'000'000;  // ns, of the scripted clock
constexpr int64_t kPeriod = Gathering::kPeriod_ns;
constexpr size_t kSome = 100;  // messages on their way

// Lets messages come one by one at a steady rate; says how long the longest of them waited, in ns.
int64_t longest_wait(bool is_on, int64_t apart_ns, int count) {
    Gathering gathering(is_on);
    int64_t longest = 0, first_ns = 0;  // first_ns: when the first of those that wait came
    size_t waiting = 0;
    for (int64_t now = kStart, next = kStart, left = count; left > 0 || waiting > 0;) {
        if (left > 0 && now == next) {
            if (waiting++ == 0) first_ns = now;
            next += apart_ns;
            --left;
        }
        if (waiting > 0 && !gathering.holds(waiting, kSome, now)) {
            longest = std::max(longest, now - first_ns);
            gathering.sent(waiting, now);
            waiting = 0;
        }
        const int64_t timer = waiting > 0 ? now + gathering.left_ns(now) : INT64_MAX;
        now = std::min(left > 0 ? next : INT64_MAX, timer);
    }
    return longest;
}

}  // namespace

TEST_CASE("messages that come slowly never wait") {
    CHECK(longest_wait(true, 2'000'000, 1000) == 0);  // 500/s
    CHECK(longest_wait(true, 16'000, 10'000) == 0);   // 62,500/s
}

TEST_CASE("messages that come fast gather, and none waits longer than a period") {
    const int64_t longest = longest_wait(true, 4'000, 100'000);  // 250,000/s
    CHECK(longest > kPeriod / 2);
    CHECK(longest <= kPeriod);
}

TEST_CASE("after many messages at once the next ones wait for the end of the period, and for no more") {
    Gathering gathering(true);
    REQUIRE(!gathering.holds(Gathering::kFree, kSome, kStart));
    gathering.sent(Gathering::kFree, kStart);
    CHECK(gathering.holds(1, kSome, kStart + 1));
    CHECK(gathering.left_ns(kStart + 1) == kPeriod - 1);
    CHECK(gathering.holds(1, kSome, kStart + kPeriod - 1));
    CHECK(!gathering.holds(1, kSome, kStart + kPeriod));
}

TEST_CASE("few messages at a time are sent at once until a period has had its share") {
    Gathering gathering(true);
    for (size_t i = 0; i < Gathering::kFree; ++i) {
        REQUIRE(!gathering.holds(1, kSome, kStart));
        gathering.sent(1, kStart);
    }
    CHECK(gathering.holds(1, kSome, kStart));
}

TEST_CASE("enough messages wait for no period to end") {
    Gathering gathering(true);
    gathering.sent(Gathering::kFree, kStart);
    CHECK(gathering.holds(Gathering::kMost - 1, kSome, kStart));
    CHECK(!gathering.holds(Gathering::kMost, kSome, kStart));
    gathering.sent(Gathering::kMost, kStart);  // a period of its own begins
    CHECK(gathering.holds(1, kSome, kStart + kPeriod - 1));
    CHECK(!gathering.holds(1, kSome, kStart + kPeriod));
}

TEST_CASE("a period with few messages lets the next ones go at once") {
    Gathering gathering(true);
    gathering.sent(Gathering::kFree, kStart);
    gathering.sent(10, kStart + kPeriod);
    CHECK(!gathering.holds(1, kSome, kStart + kPeriod + 1));
}

TEST_CASE("what is not sent for want of room counts for nothing") {
    Gathering gathering(true);
    for (int i = 0; i < 10; ++i) gathering.sent(0, kStart);
    CHECK(!gathering.holds(1, kSome, kStart));
}

TEST_CASE("nothing waits for a sender who waits himself, once all has landed") {
    Gathering gathering(true);
    gathering.sent(Gathering::kFree, kStart);
    gathering.came();
    gathering.starved();
    CHECK(gathering.holds(1, 1, kStart));  // what lands lets him send
    CHECK(!gathering.holds(1, 0, kStart));
    gathering.came();  // he can
    CHECK(gathering.holds(2, 0, kStart));
}

TEST_CASE("without gathering nothing waits") { CHECK(longest_wait(false, 1'000, 100'000) == 0); }
