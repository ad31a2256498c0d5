#include "binary.hpp"

#include "bounded_json/utf8.hpp"

namespace leat::envelope {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encoded(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t i = 0; i < bytes.size(); i += 3) {
        const size_t n = std::min<size_t>(3, bytes.size() - i);
        uint32_t bits = 0;
        for (size_t b = 0; b < 3; ++b) bits = bits << 8 | (b < n ? static_cast<unsigned char>(bytes[i + b]) : 0u);
        for (size_t b = 0; b < 4; ++b) out += b <= n ? kLetters[bits >> (18 - 6 * b) & 63] : '=';
    }
    return out;
}

// Strict: whole groups of four, padded.
bool decoded(std::string_view text, std::string& out) {
    out.clear();
    if (text.size() % 4) return false;
    const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool is_padding = i >= text.size() - padding;
        const size_t value = is_padding ? 0 : kLetters.find(text[i]);
        if (value == kLetters.npos) return false;
        bits = bits << 6 | static_cast<uint32_t>(value);
        if (i % 4 != 3) continue;
        for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift & 255);
    }
    out.resize(out.size() - padding);
    return true;
}

}  // namespace

Json to_json(std::string_view bytes) {
    if (!bounded_json::is_utf8(bytes)) return to_base64(bytes);
    return std::string(bytes);
}

Json to_base64(std::string_view bytes) { return {{"base64", encoded(bytes)}}; }

bool from_json(const Json& value, std::string& into) {
    if (value.is_string()) {
        into = value.get_ref<const std::string&>();
        return true;
    }
    if (!value.is_object() || value.size() != 1 || !value.contains("base64") || !value["base64"].is_string())
        return false;
    return decoded(value["base64"].get_ref<const std::string&>(), into);
}

}  // namespace leat::envelope
