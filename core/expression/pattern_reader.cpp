// Compiles a pattern: text -> Glushkov automaton. Matching is in pattern.cpp.
#include "expression/pattern.hpp"

#include <algorithm>
#include <bit>

namespace leat::expression {
namespace {

constexpr unsigned kMaxNesting = 64;
constexpr size_t kMaxPatternBytes = 4096;
constexpr unsigned kMaxRepeat = 512;
constexpr size_t kMaxItems = 16 * Pattern::kMaxPositions;  // read, repetitions included

}  // namespace

// Reads the pattern and computes first, last and follow as it goes; a repeated part is read again for each
// repetition.
class PatternReader {
  public:
    PatternReader(std::string_view text, std::string& error) : text_(text), error_(error) {}

    std::optional<Pattern> read() {
        if (text_.size() > kMaxPatternBytes) fail("a pattern is at most 4 KiB long");
        if (text_.substr(0, 4) == "(?i)") {
            ignore_case_ = true;
            at_ = 4;
        }
        const Part whole = alternatives();
        if (!failed_ && at_ < text_.size()) fail("a ')' without '('");
        if (failed_) return std::nullopt;
        Pattern result;
        result.is_small_ = symbols_.size() <= 64;
        result.empty_matches_ = whole.nullable;
        result.first_ = whole.first;
        result.last_ = whole.last;
        result.follow_ = std::move(follow_);
        result.takes_.resize(Pattern::kSymbols);
        for (size_t symbol = 0; symbol < Pattern::kSymbols; ++symbol) {
            for (size_t position = 0; position < symbols_.size(); ++position) {
                if (symbols_[position].test(symbol)) result.takes_[symbol][position / 64] |= 1ULL << (position % 64);
            }
        }
        return result;
    }

  private:
    using Positions = Pattern::Positions;
    using Symbols = Pattern::Symbols;

    struct Part {
        bool nullable = true;
        Positions first{};
        Positions last{};
    };

    void fail(std::string text) {
        if (!failed_) error_ = std::move(text);
        failed_ = true;
    }

    bool more() const { return !failed_ && at_ < text_.size(); }

    bool take(char c) {
        if (!more() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    static void unite(Positions& into, const Positions& with) {
        for (size_t i = 0; i < into.size(); ++i) into[i] |= with[i];
    }

    // Whatever may end `left` may be followed by whatever may begin `right`.
    void connect(const Positions& left, const Positions& right) {
        for (size_t word = 0; word < left.size(); ++word) {
            for (uint64_t bits = left[word]; bits != 0; bits &= bits - 1) {
                unite(follow_[word * 64 + static_cast<size_t>(std::countr_zero(bits))], right);
            }
        }
    }

    Part one(const Symbols& symbols) {
        Part part;
        if (symbols_.size() == Pattern::kMaxPositions) fail("the pattern is too large (512 positions is the limit)");
        if (failed_) return part;
        const size_t position = symbols_.size();
        symbols_.push_back(symbols);
        follow_.emplace_back();
        part.nullable = false;
        part.first[position / 64] = part.last[position / 64] = 1ULL << (position % 64);
        return part;
    }

    Part joined(const Part& left, const Part& right) {
        connect(left.last, right.first);
        Part part{left.nullable && right.nullable, left.first, right.last};
        if (left.nullable) unite(part.first, right.first);
        if (right.nullable) unite(part.last, left.last);
        return part;
    }

    static Part either(Part left, const Part& right) {
        unite(left.first, right.first);
        unite(left.last, right.last);
        left.nullable = left.nullable || right.nullable;
        return left;
    }

    Part starred(Part part) {
        connect(part.last, part.first);
        part.nullable = true;
        return part;
    }

    Part alternatives() {
        if (++depth_ > kMaxNesting) fail("the pattern is nested deeper than 64 groups");
        Part part = sequence();
        while (take('|')) part = either(part, sequence());
        --depth_;
        return part;
    }

    Part sequence() {
        Part part;
        while (more() && text_[at_] != '|' && text_[at_] != ')') part = joined(part, repeated());
        return part;
    }

    // An item with its quantifier. The item is read once for each repetition that is counted.
    Part repeated() {
        const size_t begin = at_;
        Part part = item();
        if (!more()) return part;
        unsigned least = 1;
        unsigned most = 1;
        bool endless = false;
        if (take('*')) {
            least = 0, endless = true;
        } else if (take('+')) {
            endless = true;
        } else if (take('?')) {
            least = 0;
        } else if (text_[at_] == '{') {
            if (!counts(least, most, endless)) return part;
        } else {
            return part;
        }
        take('?');  // lazy or greedy is the same for a yes or no
        if (more() && std::string_view("*+?{").find(text_[at_]) != std::string_view::npos)
            fail("a quantifier after a quantifier");
        const size_t end = at_;
        const unsigned copies = endless ? std::max(least, 1U) : most;
        if (copies == 0) return Part{};
        Part all;
        for (unsigned copy = 1; copy <= copies && !failed_; ++copy) {
            if (copy > 1) {
                at_ = begin;
                part = item();
            }
            if (endless && copy == copies) part = starred_or_plus(part, least);
            if (!endless && copy > least) part.nullable = true;
            all = joined(all, part);
        }
        at_ = end;
        return all;
    }

    Part starred_or_plus(const Part& part, unsigned least) {
        const bool nullable = part.nullable || least == 0;
        Part again = starred(part);
        again.nullable = nullable;
        return again;
    }

    std::optional<unsigned> number() {
        unsigned value = 0;
        const size_t begin = at_;
        while (more() && text_[at_] >= '0' && text_[at_] <= '9' && value <= kMaxRepeat) {
            value = value * 10 + static_cast<unsigned>(text_[at_++] - '0');
        }
        return at_ == begin ? std::nullopt : std::optional<unsigned>(value);
    }

    bool counts(unsigned& least, unsigned& most, bool& endless) {
        take('{');
        const auto low = number();
        auto high = low;
        if (take(',')) {
            high = number();
            endless = !high;
        }
        if (!low || !take('}')) {
            fail("expected a count such as {3}, {2,} or {2,5} (a literal '{' is written \\{)");
            return false;
        }
        least = *low;
        most = high.value_or(least);
        if (most < least || least > kMaxRepeat || most > kMaxRepeat)
            fail("a count is at most 512, and its bounds are in order");
        return !failed_;
    }

    Part item() {
        // Repetitions of what takes no position, such as (){500}, are not bounded by the positions.
        if (++items_ > kMaxItems) fail("the pattern is too large");
        if (failed_) return {};
        const char c = text_[at_++];
        switch (c) {
            case '(':
                return group();
            case '[':
                return set();
            case '.':
                return characters(all_ascii(), true);
            case '^':
                return one(Symbols{}.set(Pattern::kBegin));
            case '$':
                return one(Symbols{}.set(Pattern::kEnd));
            case '\\':
                return escape();
            case '*':
            case '+':
            case '?':
            case '{':
                fail(std::string("nothing to repeat before '") + c + "'");
                return {};
            default:
                return character(c);
        }
    }

    Part group() {
        if (take('?') && !take(':')) {
            fail("of groups with (? only (?: is supported, and (?i) at the beginning");
            return {};
        }
        const Part part = alternatives();
        if (!take(')')) fail("a '(' without ')'");
        return part;
    }

    // One character as it stands; the further bytes of a UTF-8 character belong to it, so that a quantifier takes it
    // whole.
    Part character(char c) {
        Symbols symbols;
        add(symbols, static_cast<unsigned char>(c));
        Part part = one(symbols);
        if (static_cast<unsigned char>(c) < 0xc0) return part;
        while (more() && (static_cast<unsigned char>(text_[at_]) & 0xc0) == 0x80) {
            part = joined(part, one(Symbols{}.set(static_cast<unsigned char>(text_[at_++]))));
        }
        return part;
    }

    void add(Symbols& symbols, unsigned c) const {
        symbols.set(c);
        const unsigned lower = c | 0x20;
        if (ignore_case_ && lower >= 'a' && lower <= 'z') symbols.set(lower).set(lower & ~0x20U);
    }

    static Symbols all_ascii() {
        Symbols symbols;
        for (size_t c = 0; c < 128; ++c) symbols.set(c);
        return symbols;
    }

    // One of these, or with `beyond` any character beyond ASCII: a lead byte and what continues it.
    Part characters(const Symbols& ascii, bool beyond) {
        if (!beyond) return one(ascii);
        Symbols lead;
        Symbols continuation;
        for (size_t c = 0xc0; c < 0x100; ++c) lead.set(c);
        for (size_t c = 0x80; c < 0xc0; ++c) continuation.set(c);
        const Part other = joined(one(lead), starred(one(continuation)));
        return ascii.none() ? other : either(one(ascii), other);
    }

    // \d, \w, \s and their complements; false for another letter.
    static bool class_of(char letter, Symbols& symbols) {
        Symbols named;
        switch (letter | 0x20) {
            case 'd':
                for (size_t c = '0'; c <= '9'; ++c) named.set(c);
                break;
            case 'w':
                for (size_t c = 0; c < 128; ++c)
                    named.set(c,
                              (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_');
                break;
            case 's':
                for (const char c : std::string_view(" \t\n\r\f\v")) named.set(static_cast<size_t>(c));
                break;
            default:
                return false;
        }
        const bool complement = (letter & 0x20) == 0;
        symbols |= complement ? all_ascii() & ~named : named;
        return true;
    }

    // What follows a backslash, when it is one character.
    std::optional<char> escaped_character() {
        if (!more()) {
            fail("a '\\' at the end");
            return std::nullopt;
        }
        const char c = text_[at_++];
        switch (c) {
            case 't':
                return '\t';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            default:
                break;
        }
        const bool word = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                          static_cast<unsigned char>(c) >= 0x80;
        if (word) {
            fail("unknown escape \\" + std::string(static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : "") +
                 "; there are \\d \\w \\s \\D \\W \\S \\t \\n \\r, and \\ before punctuation");
            return std::nullopt;
        }
        return c;
    }

    Part escape() {
        Symbols symbols;
        if (more() && class_of(text_[at_], symbols)) {
            const bool complement = (text_[at_++] & 0x20) == 0;
            return characters(symbols, complement);
        }
        const auto c = escaped_character();
        return c ? character(*c) : Part{};
    }

    Part set() {
        const bool negated = take('^');
        Symbols symbols;
        bool beyond = false;
        bool first = true;
        while (more() && (first || text_[at_] != ']')) {
            first = false;
            if (text_[at_] == '\\' && at_ + 1 < text_.size() && class_of(text_[at_ + 1], symbols)) {
                beyond = beyond || (text_[at_ + 1] & 0x20) == 0;
                at_ += 2;
                continue;
            }
            const auto low = set_character();
            auto high = low;
            if (more() && text_[at_] == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
                ++at_;
                high = set_character();
            }
            if (!low || !high) return {};
            if (*high < *low) fail("a range in [...] is in the wrong order");
            for (unsigned c = static_cast<unsigned char>(*low); c <= static_cast<unsigned char>(*high); ++c)
                add(symbols, c);
        }
        if (!take(']')) fail("a '[' without ']'");
        if (negated) symbols = all_ascii() & ~symbols;
        return characters(symbols, negated != beyond);
    }

    std::optional<char> set_character() {
        const char c = text_[at_++];
        if (c == '\\') return escaped_character();
        if (static_cast<unsigned char>(c) < 0x80) return c;
        fail("[...] holds ASCII characters only; write others as alternatives: (a|b)");
        return std::nullopt;
    }

    std::string_view text_;
    std::string& error_;
    size_t at_ = 0;
    size_t items_ = 0;
    unsigned depth_ = 0;
    bool ignore_case_ = false;
    bool failed_ = false;
    std::vector<Symbols> symbols_;  // by position: what it takes
    std::vector<Positions> follow_;
};

std::optional<Pattern> Pattern::compile(std::string_view text, std::string& error) {
    return PatternReader(text, error).read();
}

}  // namespace leat::expression
