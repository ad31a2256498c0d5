// A yes or no about a message: `json:/value > 80 and not (topic[1] == "test" or header:unit matches "^K$")`.
//
//   std::string error;
//   auto condition = Condition::compile("json:/value > 80", {'/', "alarms"}, error);
//   switch (condition->evaluate(message, scratch, why)) ...
//
//   expression  terms joined by `or`; `and` binds tighter; `not`, `( )`
//   term        OPERAND == != < <= > >= OPERAND    FIELD matches "PATTERN"    exists FIELD    FIELD exists
//   operand     a field (field.hpp), a number, "text" or 'text', true, false
//
// A comparison is of numbers when one side is a number (a literal, or a JSON number against a field), and the other
// side must then be one; otherwise of bytes. JSON booleans are the texts true and false. PATTERN is of pattern.hpp
// and is found anywhere in the text. `and` and `or` stop as soon as they know. Compiled once, immutable after: any
// thread may evaluate.
#pragma once

#include <leat/plugin.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expression/field.hpp"
#include "expression/pattern.hpp"

namespace leat::expression {

inline constexpr size_t kMaxConditionBytes = 16 * 1024;

enum class Verdict : uint8_t { no = 0, yes = 1, unknown = 2 };  // the values that host->holds returns

class Condition {
  public:
    // On failure nothing and a sentence in `error`.
    static std::optional<Condition> compile(std::string_view text, const Surroundings& around, std::string& error);

    // hot: per message. unknown: `why` says what is missing or no number, a view into `scratch`: reject the message.
    Verdict evaluate(const leat_message& message, leat_text& scratch, leat_bytes& why) const;

    const std::string& written() const { return written_; }

  private:
    friend class ConditionReader;

    struct Operand {
        std::optional<Field> field;  // or a literal:
        std::string text;
        double number = 0;
        bool is_number = false;
    };

    enum class Test : uint8_t { equal, unequal, less, at_most, greater, at_least, matches, exists };

    struct Term {
        Test test = Test::exists;
        bool is_of_text = false;  // asks whether a field, on the left, is a text or is not
        Operand left;
        Operand right;
        std::optional<Pattern> pattern;
    };

    // One step of the program. There is one truth value at a time: jumps keep it, the next term replaces it.
    struct Step {
        enum class Kind : uint8_t { term, negate, jump_if_no, jump_if_yes };
        Kind kind = Kind::term;
        uint32_t argument = 0;  // which term; where to jump
    };

    static Verdict test(const Term& term, const leat_message& message, leat_text& scratch);
    static Verdict test_values(const Term& term, const leat_message& message, leat_text& scratch);
    static Verdict compare(const Term& term, const FieldValue& left, const FieldValue& right, leat_text& scratch);

    std::vector<Term> terms_;
    std::vector<Step> program_;
    std::string written_;
};

}  // namespace leat::expression

// What plugins hold a pointer to.
struct leat_condition {
    leat::expression::Condition compiled;
};
