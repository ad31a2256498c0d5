// The suite finds what it is there to find: each planted fault turns the case that is named for it red, and with no
// fault the same wrapper passes.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "conformance/faults/faults.hpp"
#include "support/folder.hpp"
#include "support/process.hpp"

using namespace leat::test;

namespace {

/** Runs one case over the faulty backend; what it writes for the table. With a fault, what never comes is waited for
 * not as long. */
std::string run_case(std::string_view fault, std::string_view name) {
    const Folder folder;
    std::string escaped;  // a comma separates the filters of doctest
    for (const char c : name) escaped += c == ',' ? std::string("\\,") : std::string(1, c);
    Process suite({LEAT_CONFORMANCE, "--backend=memory", "--test-case=" + escaped},
                  {.output = folder / "log",
                   .environment = {{"LEAT_CONFORMANCE_FAULT", std::string(fault)},
                                   {"LEAT_CONFORMANCE_RESULTS", folder / "results"},
                                   {"LEAT_CONFORMANCE_PATIENCE_MS", fault == "none" ? "60000" : "3000"}}});
    REQUIRE_MESSAGE(suite.wait(std::chrono::minutes(2)).has_value(), suite.output());
    return read_file(folder / "results");
}

bool has_line(const std::string& results, std::string_view outcome, std::string_view name) {
    std::size_t begin = 0;
    while (begin < results.size()) {
        const auto end = results.find('\n', begin);
        const std::string line = results.substr(begin, end - begin);
        if (line.starts_with(std::string(outcome) + '\t') &&
            line.find('\t' + std::string(name) + '\t') != line.npos) {
            return true;
        }
        begin = end + 1;
    }
    return false;
}

}  // namespace

TEST_CASE("each planted fault turns its case red") {
    for (const PlantedFault& planted : kPlantedFaults) {
        CAPTURE(planted.name);
        const std::string results = run_case(planted.name, planted.red);
        CHECK_MESSAGE(has_line(results, "failed", planted.red), results);
    }
}

TEST_CASE("without a fault the wrapper passes the same cases") {
    for (const PlantedFault& planted : kPlantedFaults) {
        CAPTURE(planted.red);
        const std::string results = run_case("none", planted.red);
        CHECK_MESSAGE(!has_line(results, "failed", planted.red), results);
        CHECK_MESSAGE((has_line(results, "ok", planted.red) || has_line(results, "absent", planted.red)), results);
    }
}
