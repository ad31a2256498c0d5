#include "expression/condition.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include "expression/scratch.hpp"

namespace leat::expression {
namespace {

constexpr unsigned kMaxNesting = 64;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The whole text as a finite number, as JSON and people write it: "80", "-1.5e3". No spaces.
std::optional<double> number_of(std::string_view text) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(value)) return std::nullopt;
    return value;
}

}  // namespace

// Recursive descent, bounded by kMaxNesting; emits the program as it reads.
class ConditionReader {
  public:
    ConditionReader(std::string_view text, const Surroundings& around, std::string& error)
        : text_(text), around_(around), error_(error) {}

    std::optional<Condition> read() {
        result_.written_ = text_;
        if (text_.size() > kMaxConditionBytes) fail("a condition is at most 16 KiB long");
        disjunction();
        skip_space();
        if (!failed_ && at_ < text_.size()) fail("expected `and`, `or` or the end, found " + rest());
        if (failed_) return std::nullopt;
        return std::move(result_);
    }

  private:
    using Step = Condition::Step;
    using Test = Condition::Test;
    using Operand = Condition::Operand;

    void fail(std::string text) {
        if (!failed_) error_ = std::move(text);
        failed_ = true;
    }

    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }

    std::string rest() const {
        if (at_ >= text_.size()) return "the end";
        return "\"" + std::string(text_.substr(at_, 30)) + "\"";
    }

    static bool ends_word(char c) {
        return is_space(c) || c == '(' || c == ')' || c == '=' || c == '!' || c == '<' || c == '>' || c == '"' ||
               c == '\'';
    }

    std::string_view peek_word() {
        skip_space();
        size_t end = at_;
        while (end < text_.size() && !ends_word(text_[end])) ++end;
        return text_.substr(at_, end - at_);
    }

    bool take_word(std::string_view word) {
        if (failed_ || peek_word() != word) return false;
        at_ += word.size();
        return true;
    }

    bool take(std::string_view symbol) {
        skip_space();
        if (failed_ || text_.substr(at_, symbol.size()) != symbol) return false;
        at_ += symbol.size();
        return true;
    }

    void emit(Step::Kind kind, uint32_t argument) { result_.program_.push_back({kind, argument}); }

    // Items joined by `word`: each but the last is followed by a jump to the end, taken when the answer is known.
    template <class Item>
    void chain(std::string_view word, Step::Kind jump, Item item) {
        std::vector<size_t> jumps;
        item();
        while (take_word(word)) {
            jumps.push_back(result_.program_.size());
            emit(jump, 0);
            item();
        }
        for (const size_t place : jumps)
            result_.program_[place].argument = static_cast<uint32_t>(result_.program_.size());
    }

    void disjunction() {
        chain("or", Step::Kind::jump_if_yes, [this] { conjunction(); });
    }

    void conjunction() {
        chain("and", Step::Kind::jump_if_no, [this] { factor(); });
    }

    void factor() {
        if (++depth_ > kMaxNesting) fail("nested deeper than 64 levels");
        if (take_word("not")) {
            factor();
            emit(Step::Kind::negate, 0);
        } else if (take("(")) {
            disjunction();
            if (!take(")")) fail("expected ')', found " + rest());
        } else {
            term();
        }
        --depth_;
    }

    void term() {
        if (failed_) return;
        Condition::Term term;
        if (take_word("exists")) {
            term.left = operand();
        } else {
            term.left = operand();
            read_test(term);
        }
        if (failed_) return;
        if (!term.left.field && (term.test == Test::exists || term.test == Test::matches || !term.right.field)) {
            fail("a term needs a field of the message, such as topic, key, header:NAME or json:/pointer");
        }
        find_texts(term);
        emit(Step::Kind::term, static_cast<uint32_t>(result_.terms_.size()));
        result_.terms_.push_back(std::move(term));
    }

    static void find_texts(Condition::Term& term) {
        const auto is_text = [](const Operand& o) { return !o.field && !o.is_number; };
        if (term.test != Test::equal && term.test != Test::unequal) return;
        if (is_text(term.left)) std::swap(term.left, term.right);
        term.is_of_text = is_text(term.right);
    }

    void read_test(Condition::Term& term) {
        if (failed_ || take_word("exists")) return;
        if (take_word("matches")) {
            term.test = Test::matches;
            skip_space();
            if (at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '\'')) {
                fail("expected a pattern in quotes after `matches`, found " + rest());
                return;
            }
            std::string error;
            term.pattern = Pattern::compile(quoted_text(true), error);
            if (!term.pattern) fail("matches: " + error);
            return;
        }
        static constexpr std::pair<std::string_view, Test> kTests[] = {{"==", Test::equal},   {"!=", Test::unequal},
                                                                       {"<=", Test::at_most}, {">=", Test::at_least},
                                                                       {"<", Test::less},     {">", Test::greater}};
        for (const auto& [symbol, test] : kTests) {
            if (!take(symbol)) continue;
            term.test = test;
            term.right = operand();
            return;
        }
        fail("expected == != < <= > >= matches or exists, found " + rest());
    }

    // The text between the quotes at at_. A backslash before the quote is dropped; in a plain text also one before a
    // backslash. Other backslashes stay: a pattern needs them.
    std::string quoted_text(bool pattern) {
        const char quote = text_[at_++];
        std::string out;
        while (at_ < text_.size() && text_[at_] != quote) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                const char next = text_[at_ + 1];
                const bool kept = next != quote && (pattern || next != '\\');
                if (kept) out += '\\';
                ++at_;
            }
            out += text_[at_++];
        }
        if (at_ >= text_.size()) {
            fail("a text has no closing quote");
        } else {
            ++at_;
        }
        return out;
    }

    Operand operand() {
        Operand out;
        skip_space();
        if (failed_ || at_ >= text_.size()) {
            fail("expected a field, a number or a text, found the end");
            return out;
        }
        const char c = text_[at_];
        if (c == '"' || c == '\'') {
            out.text = quoted_text(false);
            return out;
        }
        const std::string_view word = peek_word();
        if (word.empty()) {
            fail("expected a field, a number or a text, found " + rest());
            return out;
        }
        at_ += word.size();
        if (word == "true" || word == "false") {
            out.text = word;
        } else if (const auto number = number_of(word)) {
            out.text = word;
            out.number = *number;
            out.is_number = true;
        } else {
            out.field = read_field_name(word);
        }
        return out;
    }

    // header:"odd name" and json:"/odd name" may be quoted.
    std::optional<Field> read_field_name(std::string_view word) {
        std::string name(word);
        if ((word == "header:" || word == "json:") && at_ < text_.size() &&
            (text_[at_] == '"' || text_[at_] == '\'')) {
            name += quoted_text(false);
        }
        std::string error;
        auto field = Field::parse(name, around_, error);
        if (!field) fail(error + " (a text stands in quotes)");
        return field;
    }

    std::string_view text_;
    const Surroundings& around_;
    std::string& error_;
    Condition result_;
    size_t at_ = 0;
    unsigned depth_ = 0;
    bool failed_ = false;
};

std::optional<Condition> Condition::compile(std::string_view text, const Surroundings& around, std::string& error) {
    return ConditionReader(text, around, error).read();
}

// On unknown, scratch holds why. What most conditions ask is told from a field alone.
inline Verdict Condition::test(const Term& term, const leat_message& message, leat_text& scratch) {  // hot
    scratch.size = 0;
    if (term.test != Test::exists && !term.is_of_text) return test_values(term, message, scratch);
    FieldValue value;
    const Found found = read_field(*term.left.field, message, scratch, value);
    if (term.test == Test::exists) return found == Found::yes ? Verdict::yes : Verdict::no;
    if (found == Found::yes) {
        return (value.text == term.right.text) == (term.test == Test::equal) ? Verdict::yes : Verdict::no;
    }
    scratch.size = 0;
    explain(*term.left.field, found, scratch);
    return Verdict::unknown;
}

Verdict Condition::evaluate(const leat_message& message, leat_text& scratch, leat_bytes& why) const {
    const auto tell_why = [&] { why = bytes({scratch.data, scratch.size}); };
    if (program_.size() == 1) {  // most have one term
        const Verdict verdict = test(terms_[0], message, scratch);
        if (verdict == Verdict::unknown) tell_why();
        return verdict;
    }
    bool truth = false;
    for (size_t at = 0; at < program_.size(); ++at) {
        const Step step = program_[at];
        switch (step.kind) {
            case Step::Kind::term: {
                const Verdict verdict = test(terms_[step.argument], message, scratch);
                if (verdict == Verdict::unknown) {
                    tell_why();
                    return verdict;
                }
                truth = verdict == Verdict::yes;
                break;
            }
            case Step::Kind::negate:
                truth = !truth;
                break;
            case Step::Kind::jump_if_no:
                if (!truth) at = step.argument - 1;
                break;
            case Step::Kind::jump_if_yes:
                if (truth) at = step.argument - 1;
                break;
        }
    }
    return truth ? Verdict::yes : Verdict::no;
}

Verdict Condition::test_values(const Term& term, const leat_message& message, leat_text& scratch) {
    // Both operands may decode into scratch, which must not move under the first: what the second can need is
    // reserved.
    if (term.left.field && term.right.field) reserve(scratch, 2 * message.payload.size + 64);
    const auto read = [&](const Operand& operand, FieldValue& out) {
        if (operand.field) return read_field(*operand.field, message, scratch, out);
        out = FieldValue{operand.text, operand.is_number};
        return Found::yes;
    };
    FieldValue left;
    const Found found = read(term.left, left);
    FieldValue right;
    const Found found_right = found == Found::yes ? read(term.right, right) : Found::yes;
    if (found != Found::yes || found_right != Found::yes) {
        scratch.size = 0;
        found != Found::yes ? explain(*term.left.field, found, scratch)
                            : explain(*term.right.field, found_right, scratch);
        return Verdict::unknown;
    }
    if (term.pattern) return term.pattern->found_in(left.text) ? Verdict::yes : Verdict::no;
    return compare(term, left, right, scratch);
}

Verdict Condition::compare(const Term& term, const FieldValue& left, const FieldValue& right, leat_text& scratch) {
    int order = 0;
    // A JSON number against a quoted text is compared as text: the quotes say so.
    const bool quoted = (!term.left.field && !term.left.is_number) || (!term.right.field && !term.right.is_number);
    if (!quoted && (left.number || right.number)) {
        const auto a = term.left.is_number ? term.left.number : number_of(left.text);
        const auto b = term.right.is_number ? term.right.number : number_of(right.text);
        if (!a || !b) {
            scratch.size = 0;
            append(scratch, (!a ? term.left : term.right).field->written);
            append(scratch, ": the value is not a number");
            return Verdict::unknown;
        }
        order = *a < *b ? -1 : *a > *b ? 1 : 0;
    } else {
        order = left.text.compare(right.text);
    }
    bool holds = false;
    switch (term.test) {
        case Test::equal:
            holds = order == 0;
            break;
        case Test::unequal:
            holds = order != 0;
            break;
        case Test::less:
            holds = order < 0;
            break;
        case Test::at_most:
            holds = order <= 0;
            break;
        case Test::greater:
            holds = order > 0;
            break;
        case Test::at_least:
            holds = order >= 0;
            break;
        case Test::matches:
        case Test::exists:
            break;
    }
    return holds ? Verdict::yes : Verdict::no;
}

}  // namespace leat::expression
