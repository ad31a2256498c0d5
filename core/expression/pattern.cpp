#include "expression/pattern.hpp"

#include <bit>

namespace leat::expression {

// Takes one symbol: `active` are the positions that may take it, and become those that may take the next. True at a
// match.
template <size_t Words>
bool Pattern::step(size_t symbol, std::array<uint64_t, Words>& active) const {
    const Positions& takes = takes_[symbol];
    std::array<uint64_t, Words> next{};
    uint64_t ended = 0;
    for (size_t word = 0; word < Words; ++word) {
        const uint64_t taken = (active[word] | first_[word]) & takes[word];
        ended |= taken & last_[word];
        for (uint64_t bits = taken; bits != 0; bits &= bits - 1) {
            const Positions& follow = follow_[word * 64 + static_cast<size_t>(std::countr_zero(bits))];
            for (size_t i = 0; i < Words; ++i) next[i] |= follow[i];
        }
    }
    active = next;
    return ended != 0;
}

template <size_t Words>
bool Pattern::search(std::string_view text) const {
    std::array<uint64_t, Words> active{};
    if (step<Words>(kBegin, active)) return true;
    for (const char c : text) {
        if (step<Words>(static_cast<unsigned char>(c), active)) return true;
    }
    return step<Words>(kEnd, active);
}

bool Pattern::found_in(std::string_view text) const {
    if (empty_matches_) return true;
    return is_small_ ? search<1>(text) : search<kWords>(text);
}

}  // namespace leat::expression
