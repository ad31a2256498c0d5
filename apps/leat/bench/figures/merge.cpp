#include "bench/figures/merge.hpp"

#include <algorithm>
#include <iterator>

namespace leat::bench {

void merge(Report& report, Report&& other) {
    for (auto& each : other.machine) {
        const bool is_known = std::any_of(report.machine.begin(), report.machine.end(),
                                          [&each](const auto& known) { return known.first == each.first; });
        if (!is_known) report.machine.push_back(std::move(each));
    }
    std::vector<Result>& all = report.results;
    for (Result& result : other.results) {
        const auto same = std::find_if(all.begin(), all.end(), [&](const Result& r) { return r.id == result.id; });
        if (same != all.end()) {
            *same = std::move(result);
            continue;
        }
        const auto last =
            std::find_if(all.rbegin(), all.rend(), [&](const Result& r) { return r.category == result.category; });
        all.insert(last == all.rend() ? all.end() : last.base(), std::move(result));
    }
}

}  // namespace leat::bench
