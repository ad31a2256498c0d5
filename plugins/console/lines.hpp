// Messages as text: lines and JSON lines, both ways.
//
//     append_json(out, message);                  // {"topic":"t","key":"k","payload":"p","headers":{"h":"v"}}
//     auto line = parse_json(text, why);          // nullopt: why says what is wrong
//
// Bytes that are not UTF-8 travel as "payload_base64". Free functions without state.
#pragma once
#include <leat/plugin.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::console {

/// A line as it was read.
struct Line {
    std::optional<std::string> topic;
    std::optional<std::string> key;
    std::optional<std::string> payload;  ///< nullopt: null, a tombstone
    std::vector<std::pair<std::string, std::string>> headers;
};

constexpr uint32_t kShowTopic = 1, kShowKey = 2, kShowHeaders = 4;

void append_line(std::string& out, const leat_message& message, uint32_t show);
void append_json(std::string& out, const leat_message& message);
std::optional<Line> parse_json(std::string_view text, std::string& why);
Line parse_line(std::string_view text, std::string_view key_separator);

}  // namespace leat::console
