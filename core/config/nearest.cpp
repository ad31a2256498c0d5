#include "config/nearest.hpp"

#include <algorithm>
#include <cstddef>

namespace leat::config {
namespace {

constexpr size_t kLongestWord = 64;  // the distance is quadratic in length, and nobody mistypes longer words

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours cost one each.
size_t distance(std::string_view a, std::string_view b) {
    std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            const bool swapped =
                i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

// How many slips we forgive: one in a short word, one in three letters otherwise.
size_t allowance(std::string_view word) { return std::max<size_t>(1, word.size() / 3); }

bool begins_with(std::string_view word, std::string_view candidate) {
    return word.size() >= 3 && candidate.size() > word.size() && candidate.substr(0, word.size()) == word;
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    if (word.empty() || word.size() > kLongestWord) return {};
    std::string_view best;
    size_t best_distance = allowance(word) + 1;
    for (const std::string_view candidate : candidates) {
        if (candidate.empty() || candidate.size() > kLongestWord) continue;
        const size_t d = distance(word, candidate);
        // "a" for "b" is no slip of the keyboard: at least one letter has to be right.
        if (d < best_distance && d < std::max(word.size(), candidate.size())) {
            best = candidate;
            best_distance = d;
        }
    }
    if (!best.empty()) return best;
    const auto longer = std::find_if(candidates.begin(), candidates.end(),
                                     [&](std::string_view candidate) { return begins_with(word, candidate); });
    return longer == candidates.end() ? std::string_view{} : *longer;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
    const std::string_view best = nearest(word, candidates);
    return best.empty() ? std::string{} : " (did you mean \"" + std::string(best) + "\"?)";
}

}  // namespace leat::config
