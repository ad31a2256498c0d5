#include "process/command_line.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using leat::app::CommandLine;
using leat::app::UsageError;

namespace {

namespace po = boost::program_options;

CommandLine parsed(const std::vector<std::string>& words) {
    CommandLine line("test", "", "");
    line.options()("rounds", po::value<std::string>(), "")("rate", po::value<std::string>(), "");
    REQUIRE(line.parse(words));
    return line;
}

}  // namespace

TEST_CASE("a number of the command line is taken whole and within its limits, or refused with its words") {
    CHECK(parsed({"--rounds", "7"}).number<int>("rounds", 1, 1000) == 7);
    CHECK(parsed({"--rate", "2.5"}).number<double>("rate", 1, 1e6) == 2.5);
    CHECK(parsed({"--rate", "18446744073709551615"}).number<uint64_t>("rate", 1, UINT64_MAX) == UINT64_MAX);
    CHECK_FALSE(parsed({}).number<int>("rounds", 1, 1000).has_value());
    for (const char* wrong : {"0", "1001", "-1", "7x", " 7", "", "seven", "99999999999999999999"}) {
        CAPTURE(wrong);
        const CommandLine line = parsed({"--rounds", wrong});
        CHECK_THROWS_WITH_AS(line.number<int>("rounds", 1, 1000, " of rounds"),
                             ("--rounds " + std::string(wrong) + " is no number of rounds").c_str(), UsageError);
    }
    CHECK_THROWS_AS(parsed({"--rate", "nan"}).number<double>("rate", 1, 1e6), UsageError);
}
