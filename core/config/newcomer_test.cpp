// What people write who come from another tool, or have not read the page yet: each message says what to do.
#include <doctest/doctest.h>

#include "config/read.hpp"
#include "config/report.hpp"
#include "config/sample_plugins.hpp"
#include "config/validate.hpp"

using namespace leat::config;

namespace {

// The report of a configuration with one route, of which one part is replaced.
std::string report_of(const std::string& part, const std::string& by) {
    std::string text =
        R"({"backends": {"in": {"plugin": "mq", "url": "mq://h"}, "out": {"plugin": "mq", "url": "mq://h"}},
"routes": {"r": {
"from": {"backend": "in", "topics": ["t"]},
"to": {"backend": "out", "topic": "x"}
}}})";
    text.replace(text.find(part), part.size(), by);
    Report report("f.json");
    auto document = parse(text, "f.json", report);
    if (document) {
        const auto model = read_model(
            std::move(document), [](const std::string&) { return std::nullopt; }, report);
        validate(*model, sample::plugins(), report);
    }
    return report.text();
}

std::string in_route(const std::string& members) { return report_of("\"x\"}\n", "\"x\"},\n" + members + "\n"); }

}  // namespace

TEST_CASE("a name that is right in another place says where") {
    CHECK(in_route(R"("dead_letter": {})") ==
          "f.json:5: /routes/r/dead_letter: unknown name \"dead_letter\"; it belongs into \"on_failure\"\n");
    CHECK(in_route(R"("lane": "${key}")") ==
          "f.json:5: /routes/r/lane: unknown name \"lane\"; it belongs into \"from\"\n");
    CHECK(in_route(R"("headers": {})") ==
          "f.json:5: /routes/r/headers: unknown name \"headers\"; it belongs into \"to\"\n");
    CHECK(in_route(R"("on_error": {})").find("unknown name \"on_error\"") != std::string::npos);
}

TEST_CASE("a thing of the wrong shape says what it looks like") {
    CHECK(
        in_route(R"("through": {"plugin": "above"})") ==
        "f.json:5: /routes/r/through: expected a list such as [{ \"plugin\": \"filter\", ... }], found an object\n");
    CHECK(in_route(R"("through": ["above"])") ==
          "f.json:5: /routes/r/through/0: expected an object such as { \"plugin\": \"filter\", ... }, found a "
          "string\n");
    CHECK(in_route(R"("on_failure": {"dead_letter": "x.dead"})") ==
          "f.json:5: /routes/r/on_failure/dead_letter: expected an object such as { \"backend\": ..., ... }, found a "
          "string\n");
}

TEST_CASE("one mistake is one message") {
    CHECK(report_of(R"(["t"])", R"(["t"], "max_in_flight": "many")") ==
          "f.json:3: /routes/r/from/max_in_flight: expected an integer, found a string\n");
    CHECK(report_of(R"(["t"])", R"(["t"], "max_in_flight_bytes": "64 megs")").find("greater than zero") ==
          std::string::npos);
    CHECK(report_of(R"("backend": "in", )", R"("backend": "nn", )") ==
          "f.json:3: /routes/r/from/backend: there is no backend \"nn\" (did you mean \"in\"?)\n");
}

TEST_CASE("where a backend is to be named, there is a list of them") {
    CHECK(report_of(R"("backend": "out", )", R"("backend": "warehouse", )") ==
          "f.json:4: /routes/r/to/backend: there is no backend \"warehouse\"; there are in, out\n");
    CHECK(report_of(R"("backend": "out", )", "").find("\"backend\" is missing; there are in, out") !=
          std::string::npos);
}

TEST_CASE("a backend that no route uses is told, but not while an error may be the reason") {
    const std::string unused =
        R"("in": {"plugin": "mq", "url": "mq://h"}, "more": {"plugin": "mq", "url": "mq://h"})";
    const std::string given = R"("in": {"plugin": "mq", "url": "mq://h"})";
    CHECK(report_of(given, unused) == "f.json:1: /backends/more: warning: no route uses this backend\n");
    CHECK(report_of(R"("backend": "in", )", R"("backend": "nowhere", )").find("no route uses") == std::string::npos);
}

TEST_CASE("a placeholder of for_each without one says so") {
    CHECK(
        report_of(R"("x")", R"("x-${each:plant}")") ==
        "f.json:4: /routes/r/to/topic: ${each:plant} is filled in where a \"for_each\" stands, and there is none\n");
}
