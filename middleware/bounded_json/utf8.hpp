// Whether bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
//
//     if (size_t at = bounded_json::utf8_prefix(text); at < text.size()) ...   // byte `at` is wrong
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bounded_json {

/// How many bytes from the beginning are whole, valid characters.
inline size_t utf8_prefix(std::string_view text) {
    const auto* s = reinterpret_cast<const unsigned char*>(text.data());
    const size_t n = text.size();
    const auto continues = [&](size_t at) { return at < n && (s[at] & 0xc0) == 0x80; };
    size_t i = 0;
    while (i < n) {
        if (n - i >= 8) {  // mostly ASCII
            uint64_t word = 0;
            std::memcpy(&word, s + i, 8);
            if ((word & 0x8080808080808080u) == 0) {
                i += 8;
                continue;
            }
        }
        const unsigned char c = s[i];
        if (c < 0x80) {
            ++i;
        } else if (c >= 0xc2 && c <= 0xdf && continues(i + 1)) {
            i += 2;
        } else if (c >= 0xe0 && c <= 0xef && continues(i + 1) && continues(i + 2)) {
            const bool is_overlong = c == 0xe0 && s[i + 1] < 0xa0, is_surrogate = c == 0xed && s[i + 1] > 0x9f;
            if (is_overlong || is_surrogate) return i;
            i += 3;
        } else if (c >= 0xf0 && c <= 0xf4 && continues(i + 1) && continues(i + 2) && continues(i + 3)) {
            const bool is_overlong = c == 0xf0 && s[i + 1] < 0x90, is_beyond = c == 0xf4 && s[i + 1] > 0x8f;
            if (is_overlong || is_beyond) return i;
            i += 4;
        } else {
            return i;
        }
    }
    return n;
}

inline bool is_utf8(std::string_view text) { return utf8_prefix(text) == text.size(); }

}  // namespace bounded_json
