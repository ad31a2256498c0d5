#include "producer/recovery.hpp"

#include <doctest/doctest.h>

TEST_CASE("what has not landed is given back in the order in which it came") {
    kafka::Recovery recovery;
    recovery.begin();
    recovery.keep(70, 3);
    recovery.keep(50, 1);
    recovery.keep(60, 2);
    CHECK(recovery.is_active());
    CHECK(recovery.end() == std::vector<uint64_t>{50, 60, 70});
    CHECK(!recovery.is_active());
    CHECK(recovery.end().empty());
}

TEST_CASE("fatal errors that follow each other are answered ever more slowly, until a quiet minute") {
    constexpr int64_t kSecond = 1'000'000'000;
    kafka::Recovery recovery;
    CHECK(recovery.pause_ns(100 * kSecond) == 0);
    CHECK(recovery.pause_ns(101 * kSecond) == kSecond);
    CHECK(recovery.pause_ns(103 * kSecond) == 2 * kSecond);
    CHECK(recovery.pause_ns(106 * kSecond) == 4 * kSecond);
    CHECK(recovery.pause_ns(200 * kSecond) == 0);
}
