#include "loops.hpp"

#include <doctest/doctest.h>

TEST_CASE("a chain of routes is no loop") {
    leat::Loops loops;
    loops.feeds("/routes/a/to", "/routes/b/from");
    loops.feeds("/routes/b/to/0", "/routes/c/from");
    CHECK(loops.found().empty());
}

TEST_CASE("a route that feeds itself, and routes that feed each other, are loops") {
    leat::Loops loops;
    loops.feeds("/routes/self/to", "/routes/self/from");
    loops.feeds("/routes/a/to/1", "/routes/b/from");
    loops.feeds("/routes/b/to", "/routes/a/from");
    loops.feeds("/routes/x/to", "/routes/a/from");
    const auto found = loops.found();
    REQUIRE(found.size() == 3);
    CHECK(found[0].first == "/routes/self/to");
    CHECK(found[0].second == "self -> self");
    CHECK(found[1].first == "/routes/a/to/1");
    CHECK(found[1].second == "a -> b -> a");
    CHECK(found[2].second == "b -> a -> b");
}
