#include "checks.hpp"

#include <doctest/doctest.h>

using leat::rabbitmq::topic_matches;

TEST_CASE("binding patterns match as a topic exchange does") {
    CHECK(topic_matches("plant.*.temp", "plant.7.temp"));
    CHECK_FALSE(topic_matches("plant.*.temp", "plant.temp"));
    CHECK_FALSE(topic_matches("plant.*", "plant.7.temp"));
    CHECK(topic_matches("#", ""));
    CHECK(topic_matches("#", "a.b.c"));
    CHECK(topic_matches("plant.#", "plant"));
    CHECK(topic_matches("plant.#", "plant.7.temp"));
    CHECK(topic_matches("#.temp", "plant.7.temp"));
    CHECK_FALSE(topic_matches("#.temp", "plant.7.pressure"));
    CHECK(topic_matches("a.#.z", "a.z"));
    CHECK(topic_matches("a.#.z", "a.b.c.z"));
    CHECK_FALSE(topic_matches("a.#.z", "a.b.c"));
    CHECK(topic_matches("exact.key", "exact.key"));
    CHECK_FALSE(topic_matches("exact.key", "exact"));
    CHECK(topic_matches("", ""));
    CHECK(topic_matches("a..b", "a..b"));
}
