#include "consumer/tags.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

using leat::rabbitmq::Tags;

TEST_CASE("the watermark becomes the tag of the last message below it, each once, never 0") {
    Tags tags;
    tags.open(0);
    CHECK(tags.advance(0) == 0);
    CHECK(tags.advance(3) == 3);
    CHECK(tags.advance(3) == 0);
    CHECK(tags.advance(4) == 4);
}

TEST_CASE("a new channel counts its tags from 1") {
    Tags tags;
    tags.open(0);
    CHECK(tags.advance(5) == 5);
    tags.open(9);
    CHECK(tags.advance(9) == 0);
    CHECK(tags.advance(11) == 2);
    CHECK(tags.tag_of(9) == 1);
}

TEST_CASE("no acknowledgement names a refused message") {
    Tags tags;
    tags.open(0);
    tags.refuse(2);
    CHECK(tags.advance(3) == 2);  // 0 and 1
    tags.refuse(3);
    CHECK(tags.advance(4) == 0);  // there is nothing but the refused one
    tags.refuse(6);
    tags.refuse(5);
    CHECK(tags.advance(7) == 5);  // 4
    CHECK(tags.advance(8) == 8);
}

TEST_CASE("random refusals: the broker's open deliveries are exactly those above the watermark") {
    std::mt19937 random(11);
    for (int round = 0; round < 100; ++round) {
        Tags tags;
        const std::uint64_t first = random() % 1000;
        tags.open(first);
        std::set<std::uint64_t> open;  // tags that the broker waits for
        std::uint64_t next = first;
        std::uint64_t watermark = first;
        for (int step = 0; step < 200; ++step) {
            for (std::uint64_t n = random() % 4; n > 0; --n) open.insert(tags.tag_of(next++));
            const std::uint64_t to = watermark + random() % (next - watermark + 1);
            for (std::uint64_t s = watermark; s < to; ++s) {
                if (random() % 3 != 0) continue;
                tags.refuse(s);
                REQUIRE(open.erase(tags.tag_of(s)) == 1);  // basic.nack goes first
            }
            watermark = to;
            if (const std::uint64_t tag = tags.advance(watermark)) {
                REQUIRE(open.contains(tag));  // else RabbitMQ closes the channel
                open.erase(open.begin(), open.upper_bound(tag));
            }
            REQUIRE(open.size() == next - watermark);
        }
    }
}
