#include "config/units.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace leat::config;
using namespace std::chrono_literals;

namespace {

std::optional<std::chrono::nanoseconds> duration(std::string_view text) {
    std::string error;
    auto value = parse_duration(text, error);
    CHECK(value.has_value() == error.empty());
    return value;
}

std::optional<uint64_t> bytes_in(std::string_view text) {
    std::string error;
    auto value = parse_size(text, error);
    CHECK(value.has_value() == error.empty());
    return value;
}

std::optional<double> rate(std::string_view text) {
    std::string error;
    auto value = parse_rate(text, error);
    CHECK(value.has_value() == error.empty());
    return value;
}

}  // namespace

TEST_CASE("durations are read in every unit, as fractions and as sums") {
    CHECK(duration("250ms") == 250ms);
    CHECK(duration("1.5s") == 1500ms);
    CHECK(duration("1m30s") == 90s);
    CHECK(duration(" 2 h ") == 2h);
    CHECK(duration("1d") == 24h);
    CHECK(duration("7us") == 7us);
    CHECK(duration("0") == 0s);
    CHECK(duration("0s") == 0s);
}

TEST_CASE("a duration without a unit, negative, or beyond the range is refused in words") {
    for (const char* bad : {"", "250", "ms", "-5s", "5 parsecs", "1e9s", "5s5", "nan", "inf", "1000000000d",
                            "99999999999999999999999h", "s5"}) {
        CAPTURE(bad);
        CHECK_FALSE(duration(bad));
    }
    std::string error;
    CHECK_FALSE(parse_duration("250", error));
    CHECK(error.find("needs a unit") != std::string::npos);
}

TEST_CASE("sizes are read in powers of 1000 and of 1024") {
    CHECK(bytes_in("64KiB") == 65536);
    CHECK(bytes_in("64kib") == 65536);
    CHECK(bytes_in("10MB") == 10'000'000);
    CHECK(bytes_in("1.5GiB") == 1610612736);
    CHECK(bytes_in("1024") == 1024);
    CHECK(bytes_in("0") == 0);
    CHECK(bytes_in("5 B") == 5);
    for (const char* bad : {"", "KiB", "-1KiB", "1.5B", "1XB", "9999999TiB", "1KiB2", "0x10"}) {
        CAPTURE(bad);
        CHECK_FALSE(bytes_in(bad));
    }
}

TEST_CASE("rates are turned into events per second") {
    CHECK(rate("100/s") == doctest::Approx(100));
    CHECK(rate("90/m") == doctest::Approx(1.5));
    CHECK(rate("3600 / h") == doctest::Approx(1));
    for (const char* bad : {"", "100", "/s", "0/s", "-1/s", "5/ms", "5/parsec", "1e400/s"}) {
        CAPTURE(bad);
        CHECK_FALSE(rate(bad));
    }
}

TEST_CASE("values are written in the largest unit that loses nothing") {
    CHECK(format_duration(30s) == "30s");
    CHECK(format_duration(1500ms) == "1500ms");
    CHECK(format_duration(120s) == "2m");
    CHECK(format_duration(0s) == "0s");
    CHECK(format_size(65536) == "64KiB");
    CHECK(format_size(10'000'000) == "10MB");
    CHECK(format_size(1001) == "1001B");
    CHECK(format_size(0) == "0B");
    CHECK(format_rate(1.5) == "1.5/s");
    CHECK(format_number(80) == "80");
    CHECK(format_number(0.25) == "0.25");
    CHECK(format_number(1'000'000) == "1000000");
    CHECK(format_number(1e18) == "1e+18");
}

TEST_CASE("what is written is read back as the same value") {
    for (const uint64_t bytes : std::vector<uint64_t>{1, 999, 1000, 1024, 123456789, 1ULL << 40})
        CHECK(bytes_in(format_size(bytes)) == bytes);
    for (const auto ns : std::vector<std::chrono::nanoseconds>{1ns, 999us, 61s, 36h})
        CHECK(duration(format_duration(ns)) == ns);
}
