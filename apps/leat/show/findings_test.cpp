#include "show/findings.hpp"

#include <doctest/doctest.h>

using namespace leat;
using Kind = Finding::Kind;

TEST_CASE("the sum of a check says how many and where") {
    CHECK(app::summary({{{Kind::error, "a"}, {Kind::error, "b"}, {Kind::warning, "c"}}}, "bridge.json", "") ==
          "2 errors, 1 warning in bridge.json");
    CHECK(app::summary({}, "bridge.json", R"({"backends":{"a":{},"b":{}},"routes":{"r":{}}})") ==
          "bridge.json is fine: 2 backends, 1 route");
    CHECK(app::summary({{{Kind::warning, "c"}, {Kind::good, "d"}}}, "b.json", R"({"routes":{"r":{},"s":{}}})") ==
          "b.json is fine: 0 backends, 2 routes, 1 warning");
}
