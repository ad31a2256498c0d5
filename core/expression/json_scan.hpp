// Finds one value in a JSON payload without building a document of it.
//
//   auto pointer = JsonPointer::parse("/sensors/0/value", error);
//   JsonValue value;
//   if (find_json(payload, *pointer, value) == JsonScan::found) ...
//
// What lies on the way is checked (names, colons, commas, brackets); what is skipped only as far as needed to skip
// it, and what follows the value is not read. Of duplicate names the first counts. No recursion: no payload can
// exhaust the stack.
#pragma once

#include <leat/plugin.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leat::expression {

// RFC 6901: "" is the whole document, "/a/0" the first element of "a"; "~1" is "/", "~0" is "~".
class JsonPointer {
  public:
    static std::optional<JsonPointer> parse(std::string_view text, std::string& error);

    struct Step {
        std::string name;
        std::optional<uint32_t> index;  // when the name is also a place in a list
    };
    const std::vector<Step>& steps() const { return steps_; }

  private:
    std::vector<Step> steps_;
};

enum class JsonKind : uint8_t { string, number, boolean, null, object, array };

// A value in place: a view into the payload.
struct JsonValue {
    JsonKind kind = JsonKind::null;
    bool escaped = false;   // a string with escapes: decode_json_string() before use
    std::string_view text;  // of a string: what stands between the quotes; of others: the JSON text
};

enum class JsonScan : uint8_t { found, absent, malformed };

// hot: per message
JsonScan find_json(std::string_view payload, const JsonPointer& pointer, JsonValue& out);

// Appends the characters of a string's raw text. False when an escape is malformed.
bool decode_json_string(std::string_view raw, leat_text& out);

}  // namespace leat::expression
