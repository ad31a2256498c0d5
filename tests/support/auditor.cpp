#include "support/auditor.hpp"

#include <algorithm>
#include <ostream>
#include <string_view>
#include <unordered_map>

namespace leat::test {
namespace {

constexpr std::size_t kExamples = 10;

std::uint64_t highest_id(std::span<const Record> records) {
    std::uint64_t highest = 0;
    for (const auto& record : records) highest = std::max(highest, record.id);
    return highest;
}

void print_examples(std::ostream& out, std::string_view title, const std::vector<std::uint64_t>& ids) {
    if (ids.empty()) return;
    out << "\n  " << title;
    for (const auto id : ids) out << ' ' << id;
}

}  // namespace

Verdict audit(std::span<const Record> published, std::span<const Record> landed) {
    Verdict verdict;
    std::vector<char> acknowledged(std::max(highest_id(published), highest_id(landed)) + 1, 0);
    std::vector<char> arrived(acknowledged.size(), 0);
    for (const auto& record : published) acknowledged[record.id] = 1;

    std::unordered_map<std::uint32_t, std::uint64_t> highest_of_lane;
    for (const auto& record : landed) {
        if (record.faults != kNoFault) {
            ++verdict.corrupt;
            continue;
        }
        if (arrived[record.id] != 0) {
            ++verdict.twice;
            continue;
        }
        arrived[record.id] = 1;
        auto& highest = highest_of_lane[record.lane];
        if (record.id < highest) {
            ++verdict.disordered;
            if (verdict.examples_disordered.size() < kExamples) verdict.examples_disordered.push_back(record.id);
        }
        highest = std::max(highest, record.id);
    }

    for (std::uint64_t id = 1; id < acknowledged.size(); ++id) {
        verdict.published += acknowledged[id] != 0;
        verdict.landed += acknowledged[id] != 0 && arrived[id] != 0;
        verdict.unacknowledged += acknowledged[id] == 0 && arrived[id] != 0;
        if (acknowledged[id] != 0 && arrived[id] == 0) {
            ++verdict.lost;
            if (verdict.examples_lost.size() < kExamples) verdict.examples_lost.push_back(id);
        }
    }
    return verdict;
}

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
    out << "published " << verdict.published << ", landed " << verdict.landed << ", lost " << verdict.lost
        << ", twice " << verdict.twice;
    if (verdict.corrupt > 0) out << ", corrupt " << verdict.corrupt;
    if (verdict.disordered > 0) out << ", out of order " << verdict.disordered;
    if (verdict.unacknowledged > 0) out << ", landed without an acknowledgement " << verdict.unacknowledged;
    print_examples(out, "lost, the lowest ids:", verdict.examples_lost);
    print_examples(out, "out of order, the first ids:", verdict.examples_disordered);
    return out;
}

}  // namespace leat::test
