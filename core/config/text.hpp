// Characters: UTF-8, JSON strings, and text from files made safe to show to people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leat::config {

// Length of the well-formed UTF-8 character that `text` begins with; 0 when it is malformed.
size_t utf8_length(std::string_view text);

void append_utf8(std::string& out, uint32_t code_point);

// `text` as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

// Control characters and malformed bytes as \xNN, so that a hostile file cannot write to a terminal.
std::string printable(std::string_view text);

// `text` in double quotes for a sentence, cut to a readable length.
std::string shown(std::string_view text);

}  // namespace leat::config
