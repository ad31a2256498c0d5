#include "decode.hpp"

#include <array>

namespace leat::decode {
namespace {

constexpr uint8_t kWrong = 255, kSpace = 254, kPadding = 253;
using Alphabet = std::array<uint8_t, 256>;  // what each letter stands for

constexpr Alphabet alphabet(From from) {
    Alphabet values{};
    values.fill(kWrong);
    for (const unsigned char c : {' ', '\t', '\r', '\n'}) values[c] = kSpace;
    if (from == From::hex) {
        for (uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
        for (uint8_t i = 0; i < 6; ++i) values['a' + i] = values['A' + i] = static_cast<uint8_t>(10 + i);
        return values;
    }
    for (uint8_t i = 0; i < 26; ++i) {
        values['A' + i] = i;
        values['a' + i] = static_cast<uint8_t>(26 + i);
    }
    for (uint8_t i = 0; i < 10; ++i) values['0' + i] = static_cast<uint8_t>(52 + i);
    values[from == From::base64 ? '+' : '-'] = 62;
    values[from == From::base64 ? '/' : '_'] = 63;
    values['='] = kPadding;
    return values;
}
constexpr Alphabet kAlphabets[] = {alphabet(From::base64), alphabet(From::base64url), alphabet(From::hex)};
constexpr const char* kNames[] = {"base64", "base64url", "hex"};

struct Digits {  // the bits that were read and are not yet a byte
    uint32_t bits = 0;
    unsigned count = 0;  // of bits
    size_t letters = 0;
    size_t padding = 0;
};

bool say(std::string& why, From from, size_t at, const std::string& what) {
    why = "the payload is no " + std::string(kNames[static_cast<int>(from)]) + ": byte " + std::to_string(at + 1) +
          " " + what;
    return false;
}

std::string shown(char c) {
    if (static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f)
        return "is '" + std::string(1, c) + "'";
    return "is the byte " + std::to_string(static_cast<unsigned char>(c));
}

// What is left when the text is over: nothing of a byte may stand there but zeros.
bool finish(From from, size_t size, const Digits& d, std::string& why) {
    if (from == From::hex) return d.count == 0 || say(why, from, size, "is missing: half a byte is left");
    if (d.letters % 4 == 1) return say(why, from, size, "is missing: six bits are left");
    if (d.bits & ((1u << d.count) - 1)) return say(why, from, size - 1, "has bits that belong to no byte");
    if (d.padding && (d.letters + d.padding) % 4) return say(why, from, size, "is missing: the padding is too short");
    return true;
}

}  // namespace

bool decode(From from, std::string_view text, bool skips_space, std::string& into, std::string& why) {
    const Alphabet& values = kAlphabets[static_cast<int>(from)];
    const unsigned width = from == From::hex ? 4 : 6;
    Digits d;
    const size_t begin = into.size();
    into.resize(begin + text.size() * width / 8);
    char* out = into.data() + begin;
    for (size_t i = 0; i < text.size(); ++i) {
        const uint8_t value = values[static_cast<unsigned char>(text[i])];
        if (value < 64 && d.padding == 0) {
            d.bits = d.bits << width | value;
            d.count += width;
            ++d.letters;
            if (d.count >= 8) {
                d.count -= 8;
                *out++ = static_cast<char>(d.bits >> d.count);
            }
        } else if (value == kPadding && d.letters % 4 >= 2 && d.padding < 4 - d.letters % 4) {
            ++d.padding;
        } else if (value != kSpace || !skips_space) {
            return say(why, from, i, shown(text[i]));
        }
    }
    into.resize(static_cast<size_t>(out - into.data()));
    return finish(from, text.size(), d, why);
}

}  // namespace leat::decode
