#include "show/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace leat::app {
namespace {

struct Character {
    char32_t code;
    size_t bytes;  ///< of the text; 1 where it is no UTF-8
    bool is_valid;
};

// [RFC 3629]: no overlong forms, no surrogates, nothing above U+10FFFF.
Character character_at(std::string_view text, size_t at) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const Character broken{byte(0), 1, false};
    const unsigned char first = byte(0);
    if (first < 0x80) return {first, 1, true};
    const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || at + bytes > text.size()) return broken;
    char32_t code = first & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0u) != 0x80u) return broken;
        code = (code << 6) | (byte(i) & 0x3fu);
    }
    const bool is_overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
    if (is_overlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return broken;
    return {code, bytes, true};
}

struct Range {
    char32_t first, last;
};

template <size_t n>
bool is_in(const Range (&ranges)[n], char32_t code) {
    return std::any_of(ranges, ranges + n, [code](const Range& r) { return code >= r.first && code <= r.last; });
}

// Zero columns and wide, coarsely after Unicode 15's EastAsianWidth.txt: a table needs no more.
constexpr Range kZero[] = {{0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
constexpr Range kWide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                           {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                           {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
constexpr Range kReordering[] = {{0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}};

size_t width(char32_t code) { return is_in(kZero, code) ? 0 : is_in(kWide, code) ? 2 : 1; }

std::string escape(const char* format, char32_t code) {
    char text[16];
    std::snprintf(text, sizeof text, format, static_cast<unsigned>(code));
    return text;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        const Character c = character_at(text, at);
        if (!c.is_valid || c.code < 0x20 || c.code == 0x7f) {
            out += c.code == '\n'   ? "\\n"
                   : c.code == '\t' ? "\\t"
                   : c.code == '\r' ? "\\r"
                                    : escape("\\x%02x", c.code);
        } else if ((c.code >= 0x80 && c.code < 0xa0) || is_in(kReordering, c.code)) {
            out += escape("\\u{%x}", c.code);
        } else {
            out += text.substr(at, c.bytes);
        }
        at += c.bytes;
    }
    return out;
}

size_t columns_of(std::string_view text) {
    size_t columns = 0;
    for (size_t at = 0; at < text.size();) {
        const Character c = character_at(text, at);
        columns += width(c.code);
        at += c.bytes;
    }
    return columns;
}

std::string clipped(std::string_view text, size_t columns) {
    if (columns_of(text) <= columns) return std::string(text);
    if (columns == 0) return "";
    size_t used = 0, at = 0;
    while (at < text.size()) {
        const Character c = character_at(text, at);
        if (used + width(c.code) > columns - 1) break;  // one is for the mark
        used += width(c.code);
        at += c.bytes;
    }
    return std::string(text.substr(0, at)) + "…";
}

std::string left(std::string_view text, size_t columns) {
    std::string out = clipped(text, columns);
    out.append(columns - columns_of(out), ' ');
    return out;
}

std::string right(std::string_view text, size_t columns) {
    const std::string out = clipped(text, columns);
    return std::string(columns - columns_of(out), ' ') + out;
}

}  // namespace leat::app
