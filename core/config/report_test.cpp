#include "config/report.hpp"

#include <doctest/doctest.h>

#include "config/document.hpp"
#include "config/text.hpp"

using namespace leat::config;

TEST_CASE("findings are sorted by line and carry file, line, path and text") {
    Report report("bridge.json");
    report.error(12, "/routes/a/to/topci", "unknown option \"topci\" (did you mean \"topic\"?)");
    report.error(3, "/backends", "first");
    report.error(0, "", "the file");
    CHECK(report.text() ==
          "bridge.json: the file\n"
          "bridge.json:3: /backends: first\n"
          "bridge.json:12: /routes/a/to/topci: unknown option \"topci\" (did you mean \"topic\"?)\n");
    CHECK(report.errors() == 3);
}

TEST_CASE("a warning says that it is one and is no error") {
    Report report("f");
    Node node;
    node.line = 4;
    report.warning(node, "careful");
    CHECK(report.text() == "f:4: warning: careful\n");
    CHECK_FALSE(report.has_errors());
    CHECK(report.warnings() == 1);
}

TEST_CASE("the same finding appears once") {
    Report report("f");
    report.error(1, "/a", "x");
    report.error(1, "/a", "x");
    CHECK(report.errors() == 1);
}

TEST_CASE("control characters in names and values cannot reach the terminal") {
    Report report("f");
    report.error(1, "/a\x1b[2J", "bad \xff \xc2\x9b \n end");
    CHECK(report.text() == "f:1: /a\\x1b[2J: bad \\xff \\xc2\\x9b \\x0a end\n");
}

TEST_CASE("a flood of findings is cut, but an error is never lost behind warnings") {
    Report report("f");
    Node node;
    for (uint32_t i = 0; i < 2000; ++i) {
        node.line = i;
        report.warning(node, "w");
    }
    report.error(5, "", "e");
    CHECK(report.has_errors());
    CHECK(report.text().find("further findings are not shown") != std::string::npos);
}

TEST_CASE("long words are cut between characters") {
    CHECK(shown("abc") == "\"abc\"");
    CHECK(shown(std::string(100, 'a')) == "\"" + std::string(60, 'a') + "...\"");
    const std::string text = shown(std::string(59, 'a') + "\xe2\x82\xac" + std::string(50, 'b'));
    CHECK(text == "\"" + std::string(59, 'a') + "\xe2\x82\xac...\"");
}
