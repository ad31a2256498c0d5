#include "config/text.hpp"

#include <algorithm>

namespace leat::config {
namespace {

constexpr size_t kShownLength = 60;

}  // namespace

size_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const auto at = [&](size_t i) -> unsigned { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    const size_t n = lead >= 0xc2 && lead < 0xe0   ? 2
                     : lead >= 0xe0 && lead < 0xf0 ? 3
                     : lead >= 0xf0 && lead < 0xf5 ? 4
                                                   : 0;
    for (size_t i = 1; i < n; ++i) {
        if ((at(i) & 0xc0) != 0x80) return 0;
    }
    const bool overlong = (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xf0 && at(1) < 0x90);
    const bool beyond = (lead == 0xed && at(1) >= 0xa0) || (lead == 0xf4 && at(1) >= 0x90);
    return overlong || beyond ? 0 : n;
}

void append_utf8(std::string& out, uint32_t code_point) {
    const auto byte = [&](uint32_t b) { out += static_cast<char>(static_cast<unsigned char>(b)); };
    if (code_point < 0x80) {
        byte(code_point);
    } else if (code_point < 0x800) {
        byte(0xc0 | (code_point >> 6)), byte(0x80 | (code_point & 0x3f));
    } else if (code_point < 0x10000) {
        byte(0xe0 | (code_point >> 12)), byte(0x80 | ((code_point >> 6) & 0x3f)), byte(0x80 | (code_point & 0x3f));
    } else {
        byte(0xf0 | (code_point >> 18)), byte(0x80 | ((code_point >> 12) & 0x3f)),
            byte(0x80 | ((code_point >> 6) & 0x3f)), byte(0x80 | (code_point & 0x3f));
    }
}

std::string json_quoted(std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out = "\"";
    while (!text.empty()) {
        const char c = text.front();
        const size_t n = utf8_length(text);
        if (n == 0) {
            out += "\xef\xbf\xbd";
        } else if (c == '"' || c == '\\') {
            (out += '\\') += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20) {
            ((out += "\\u00") += kHex[c >> 4]) += kHex[c & 15];
        } else {
            out += text.substr(0, n);
        }
        text.remove_prefix(std::max<size_t>(1, n));
    }
    return out += '"';
}

// Makes control characters and malformed UTF-8 visible.
std::string printable(std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        const size_t n = utf8_length(text);
        const bool c1_control = n == 2 && byte == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
        if (n == 0 || byte < 0x20 || byte == 0x7f || c1_control) {
            for (const char c : text.substr(0, std::max<size_t>(1, n))) {
                ((out += "\\x") += kHex[static_cast<unsigned char>(c) >> 4]) += kHex[c & 15];
            }
            text.remove_prefix(std::max<size_t>(1, n));
        } else {
            out += text.substr(0, n);
            text.remove_prefix(n);
        }
    }
    return out;
}

std::string shown(std::string_view text) {
    if (text.size() <= kShownLength) return "\"" + std::string(text) + "\"";
    size_t cut = 0;  // never through the middle of a character
    while (cut < kShownLength) cut += std::max<size_t>(1, utf8_length(text.substr(cut)));
    return "\"" + std::string(text.substr(0, cut)) + "...\"";
}

}  // namespace leat::config
