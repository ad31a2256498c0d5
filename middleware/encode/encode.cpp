#include "encode.hpp"

namespace leat::encode {
namespace {

constexpr const char* kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr const char* kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void to_hex(std::string_view bytes, char* out) {
    constexpr const char* kDigits = "0123456789abcdef";
    for (const char c : bytes) {
        *out++ = kDigits[static_cast<unsigned char>(c) >> 4];
        *out++ = kDigits[c & 15];
    }
}

// Three bytes are four letters; what is left over, two or three.
void to_base64(std::string_view bytes, const char* alphabet, bool padded, std::string& into) {
    const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
    const size_t whole = bytes.size() / 3, left = bytes.size() % 3;
    const size_t begin = into.size();
    into.resize(begin + whole * 4);
    char* out = into.data() + begin;
    for (size_t i = 0; i < whole; ++i, in += 3) {
        const uint32_t bits = uint32_t{in[0]} << 16 | uint32_t{in[1]} << 8 | in[2];
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = alphabet[bits >> 6 & 63];
        *out++ = alphabet[bits & 63];
    }
    if (left == 0) return;
    const uint32_t bits = uint32_t{in[0]} << 16 | (left == 2 ? uint32_t{in[1]} << 8 : 0u);
    into += alphabet[bits >> 18];
    into += alphabet[bits >> 12 & 63];
    if (left == 2) into += alphabet[bits >> 6 & 63];
    if (padded) into.append(3 - left, '=');
}

}  // namespace

void encode(As as, std::string_view bytes, std::string& into) {
    if (as == As::hex) {
        const size_t begin = into.size();
        into.resize(begin + 2 * bytes.size());
        to_hex(bytes, into.data() + begin);
    } else {
        to_base64(bytes, as == As::base64 ? kBase64 : kBase64Url, as == As::base64, into);
    }
}

}  // namespace leat::encode
