#include "topic.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace leat::mqtt;

TEST_CASE("a topic name is UTF-8 without wildcards and null characters, wherever they stand") {
    CHECK(check_topic("p7/oven/temp") == nullptr);
    CHECK(check_topic("/") == nullptr);
    CHECK(check_topic("größe/höhe/länge") == nullptr);
    CHECK(check_topic("") != nullptr);
    CHECK(check_topic(std::string(65'535, 'a')) == nullptr);
    CHECK(check_topic(std::string(65'536, 'a')) != nullptr);
    for (std::size_t at = 0; at < 20; ++at) {
        for (const char bad : {'+', '#', '\0', '\xFF'}) {
            std::string name(20, 'a');
            name[at] = bad;
            CAPTURE(at);
            CHECK(check_topic(name) != nullptr);
        }
    }
}

TEST_CASE("a filter's wildcards fill their level, and '#' ends it") {
    CHECK(check_filter("#") == nullptr);
    CHECK(check_filter("a/+/b/#") == nullptr);
    CHECK(check_filter("$share/g/a/+") == nullptr);
    CHECK(check_filter("a/b+") != nullptr);
    CHECK(check_filter("a/#/b") != nullptr);
    CHECK(check_filter("") != nullptr);
    CHECK(check_filter("$share/g") != nullptr);
    CHECK(check_filter("$share/g/") != nullptr);
    CHECK(check_filter("$share/+/a") != nullptr);
}

TEST_CASE("a filter matches as MQTT 4.7 says") {
    CHECK(matches("a/b", "a/b"));
    CHECK(matches("a/+", "a/b"));
    CHECK(matches("a/#", "a"));
    CHECK(matches("a/#", "a/b/c"));
    CHECK(matches("#", "a/b"));
    CHECK(matches("+/+", "/b"));
    CHECK(matches("$share/g/a/+", "a/b"));
    CHECK_FALSE(matches("a/+", "a"));
    CHECK_FALSE(matches("a/+", "a/b/c"));
    CHECK_FALSE(matches("a", "a/b"));
    CHECK_FALSE(matches("#", "$SYS/up"));
    CHECK_FALSE(matches("+/up", "$SYS/up"));
    CHECK(matches("$SYS/#", "$SYS/up"));
}

TEST_CASE("two filters overlap when some name matches both") {
    CHECK(overlap("a/+", "+/b"));
    CHECK(overlap("a/#", "a"));
    CHECK(overlap("#", "x/y"));
    CHECK(overlap("$share/g/a", "a"));
    CHECK_FALSE(overlap("a/+", "b/+"));
    CHECK_FALSE(overlap("a/b", "a/b/c"));
    CHECK_FALSE(overlap("#", "$SYS/up"));
}
