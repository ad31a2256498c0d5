// A regular expression for the message path: time linear in the text whatever the pattern, no allocation, no
// exception.
//
//   auto pattern = Pattern::compile("^plant/[0-9]+/(temp|flow)$", error);
//   pattern->found_in(topic)   // anywhere in the text, unless anchored by ^ and $
//
// The usual syntax: . [a-z] [^/] \d \w \s \D \W \S ( ) (?: ) | * + ? {m,n} ^ $, \ before anything else for itself,
// and (?i) at the beginning to ignore the case of ASCII letters. Back references, look-around and \b are refused:
// they are what makes other engines slow. Text is UTF-8: `.` and negated sets take a whole character; `.` also takes
// a newline.
//
// It is Glushkov's automaton: one state for each position of the pattern, kept as bits.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leat::expression {

class Pattern {
  public:
    static constexpr size_t kMaxPositions = 512;

    // On failure nothing and a sentence in `error`.
    static std::optional<Pattern> compile(std::string_view text, std::string& error);

    // hot: per message. At most size x positions steps.
    bool found_in(std::string_view text) const;

  private:
    friend class PatternReader;

    static constexpr size_t kBegin = 256;  // symbols around the text, which ^ and $ take
    static constexpr size_t kEnd = 257;
    static constexpr size_t kSymbols = 258;
    static constexpr size_t kWords = kMaxPositions / 64;

    using Positions = std::array<uint64_t, kWords>;
    using Symbols = std::bitset<kSymbols>;

    template <size_t Words>
    bool search(std::string_view text) const;
    template <size_t Words>
    bool step(size_t symbol, std::array<uint64_t, Words>& active) const;

    bool is_small_ = false;          // one word of each Positions is used
    bool empty_matches_ = false;     // then every text does
    Positions first_{};              // where a match may begin
    Positions last_{};               // where it may end
    std::vector<Positions> follow_;  // by position: what may come next
    std::vector<Positions> takes_;   // by symbol: the positions that take it
};

}  // namespace leat::expression
