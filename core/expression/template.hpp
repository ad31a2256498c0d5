// Text with placeholders that each message fills in: "devices/${key}/cmd", "${topic[1]:-unknown}".
//
//   std::string error;
//   auto topic = Template::compile("devices/${key}/cmd", {'/', "commands"}, error);
//   leat_text scratch{};                               // kept warm by the caller
//   leat_bytes out;
//   if (!topic->render(message, scratch, out)) ...     // out says what is missing: reject the message
//
// Compiled once, immutable after: any number of threads may render. `${field:-default}` takes the default when the
// value is missing or empty; `$${` is a literal `${`. A missing value without default is an error, never empty.
#pragma once

#include <leat/plugin.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expression/field.hpp"

namespace leat::expression {

inline constexpr size_t kMaxTemplateBytes = 64 * 1024;

class Template {
  public:
    // On failure nothing and a sentence in `error`.
    static std::optional<Template> compile(std::string_view text, const Surroundings& around, std::string& error);

    // hot: per message. True: `out` is the text, a view into the message, this template or `scratch`, valid until the
    // next use of scratch. False: `out` is what is missing. A literal and a lone placeholder are not copied.
    bool render(const leat_message& message, leat_text& scratch, leat_bytes& out) const;

    // The text when it is the same for every message.
    std::optional<std::string_view> literal() const;

    const std::string& written() const { return written_; }

  private:
    struct Piece {
        std::string text;  // a literal; or, with a field, its default
        std::optional<Field> field;
        bool has_default = false;
    };

    bool read(const Piece& piece, const leat_message& message, leat_text& scratch, FieldValue& out) const;
    bool join(const leat_message& message, leat_text& scratch, leat_bytes& out) const;

    std::vector<Piece> pieces_;  // at least one
    std::string written_;
};

}  // namespace leat::expression

// What plugins hold a pointer to.
struct leat_template {
    leat::expression::Template compiled;
};
