#include "support/auditor.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "support/folder.hpp"

using namespace leat::test;

namespace {

std::vector<Record> numbered(std::uint64_t first, std::uint64_t last, std::uint32_t lanes = 1) {
    std::vector<Record> records;
    for (auto id = first; id <= last; ++id) records.push_back({id, static_cast<std::uint32_t>(id % lanes), kNoFault});
    return records;
}

}  // namespace

TEST_CASE("an audit of the same messages is clean") {
    const auto verdict = audit(numbered(1, 100, 4), numbered(1, 100, 4));
    CHECK(verdict.published == 100);
    CHECK(verdict.landed == 100);
    CHECK(verdict.twice == 0);
    CHECK(verdict.disordered == 0);
    CHECK(verdict.clean());
}

TEST_CASE("an id that never arrived is lost, and named") {
    auto landed = numbered(1, 100);
    landed.erase(landed.begin() + 41);
    const auto verdict = audit(numbered(1, 100), landed);
    CHECK(verdict.lost == 1);
    CHECK(verdict.examples_lost == std::vector<std::uint64_t>{42});
    CHECK_FALSE(verdict.clean());
}

TEST_CASE("an id that arrived corrupt only is corrupt and lost") {
    auto landed = numbered(1, 10);
    landed[4].faults = kHeaderFault;
    const auto verdict = audit(numbered(1, 10), landed);
    CHECK(verdict.corrupt == 1);
    CHECK(verdict.lost == 1);
}

TEST_CASE("a replayed run of messages counts as twice and not as disorder") {
    auto landed = numbered(1, 60);
    const auto replayed = numbered(41, 100);
    landed.insert(landed.end(), replayed.begin(), replayed.end());
    const auto verdict = audit(numbered(1, 100), landed);
    CHECK(verdict.twice == 20);
    CHECK(verdict.disordered == 0);
    CHECK(verdict.lost == 0);
}

TEST_CASE("a message overtaken within its lane is out of order, across lanes it is not") {
    auto landed = numbered(1, 8, 2);
    std::swap(landed[0], landed[1]);
    CHECK(audit(numbered(1, 8, 2), landed).disordered == 0);
    std::swap(landed[2], landed[4]);
    CHECK(audit(numbered(1, 8, 2), landed).disordered == 1);
}

TEST_CASE("a message that landed without an acknowledgement to its publisher is told apart") {
    const auto verdict = audit(numbered(1, 9), numbered(1, 10));
    CHECK(verdict.published == 9);
    CHECK(verdict.unacknowledged == 1);
    CHECK(verdict.clean());
    std::ostringstream line;
    line << verdict;
    CHECK(line.str() == "published 9, landed 9, lost 0, twice 0, landed without an acknowledgement 1");
}

TEST_CASE("records come back from their file, a torn last one left out") {
    const Folder folder;
    const std::string file = folder / "a.rec";
    {
        RecordWriter writer(file);
        for (const auto& record : numbered(1, 10'000)) writer.add(record);
    }
    CHECK(count_records(file) == 10'000);
    const std::string bytes = read_file(file);
    folder.write("torn.rec", bytes.substr(0, bytes.size() - 3));
    CHECK(read_records(folder / "torn.rec").size() == 9'999);
    CHECK(read_records(folder / "missing.rec").empty());
}
