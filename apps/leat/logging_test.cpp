#include "logging.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace leat;
using namespace leat::app;

namespace {

std::string logged(const LogSettings& settings, Level level, std::string_view text) {
    std::string line;
    const Log log(settings, [&line](std::string_view written) { line = written; });
    log.write(level, "route telemetry", text);
    return line;
}

}  // namespace

TEST_CASE("a line for people has the time, the level, who and what") {
    const std::string line = logged({.has_date = false}, Level::warning, "waits");
    CHECK(line.size() == std::string("13:02:11.123 warning route telemetry: waits").size());
    CHECK(line.ends_with(" warning route telemetry: waits"));
    CHECK(logged({}, Level::info, "a").size() > line.size());  // with the date
}

TEST_CASE("what is below the level is left out") {
    CHECK(logged({.level = Level::warning}, Level::info, "x").empty());
    CHECK_FALSE(logged({.level = Level::warning}, Level::warning, "x").empty());
    CHECK(logged({}, Level::debug, "x").empty());
}

TEST_CASE("colours only where they were asked for, and none from outside") {
    CHECK(logged({}, Level::error, "a\x1b[2J\nb").ends_with("telemetry: a\\x1b[2J\\nb"));
    CHECK(logged({.has_colours = true}, Level::error, "x").find("\x1b[1;31merror  \x1b[0m") != std::string::npos);
}

TEST_CASE("a JSON line is JSON whatever it holds") {
    const std::string line = logged({.format = LogFormat::json}, Level::error, "a \"b\"\n\x1b \xff ü");
    CHECK(line.find('\n') == std::string::npos);
    const auto json = nlohmann::json::parse(line);
    CHECK(json["level"] == "error");
    CHECK(json["component"] == "route telemetry");
    CHECK(json["text"] == "a \"b\"\n\x1b \xef\xbf\xbd ü");
    CHECK(json["time"].get<std::string>().size() == std::string("2026-01-31T13:02:11.123Z").size());
}

TEST_CASE("a log can change its form while it is used") {
    std::string line;
    Log log({}, [&line](std::string_view written) { line = written; });
    log.configure({.format = LogFormat::json, .level = Level::debug});
    log.write(Level::debug, "leat", "x");
    CHECK(nlohmann::json::parse(line)["level"] == "debug");
}
