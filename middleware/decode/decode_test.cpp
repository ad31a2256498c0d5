#include "decode.hpp"

#include "support/stage_model.hpp"

using namespace leat::decode;
using namespace leat::test;

namespace {

struct Read {
    bool ok;
    std::string bytes, why;
};
Read read(From from, std::string_view text, bool skips_space = false) {
    Read r;
    r.ok = decode(from, text, skips_space, r.bytes, r.why);
    return r;
}

// One letter at a time, from the definition: bits in a row, cut into bytes.
Plain::Text slowly(std::string_view text, std::string_view letters, unsigned width) {
    std::vector<bool> bits;
    const size_t end = text.find_last_not_of('=') + 1;
    for (const char c : text.substr(0, end)) {
        const size_t value = letters.find(c);
        if (value == letters.npos) return std::nullopt;
        for (unsigned b = width; b-- > 0;) bits.push_back(value >> b & 1);
    }
    std::string out;
    for (size_t i = 0; i + 8 <= bits.size(); i += 8) {
        int byte = 0;
        for (size_t b = 0; b < 8; ++b) byte = byte * 2 + bits[i + b];
        out += static_cast<char>(byte);
    }
    return out;
}
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

TEST_CASE("the examples of RFC 4648 section 10, with and without padding") {
    for (const auto& [text, bytes] : {std::pair{"", ""},
                                      {"Zg==", "f"},
                                      {"Zm8=", "fo"},
                                      {"Zm9v", "foo"},
                                      {"Zg", "f"},
                                      {"Zm9vYg", "foob"},
                                      {"Zm9vYmE=", "fooba"},
                                      {"Zm9vYmFy", "foobar"}}) {
        CHECK(read(From::base64, text).ok);
        CHECK(read(From::base64, text).bytes == bytes);
        CHECK(read(From::base64url, text).bytes == bytes);
    }
    CHECK(read(From::base64url, "-__-").bytes == "\xfb\xff\xfe");
    CHECK(read(From::hex, "666F6f626172").bytes == "foobar");
}

TEST_CASE("what is wrong is told with its place") {
    CHECK(read(From::base64, "Zm9*").why == "the payload is no base64: byte 4 is '*'");
    CHECK(read(From::base64, "-__-").why == "the payload is no base64: byte 1 is '-'");
    CHECK(read(From::base64url, "+//+").why == "the payload is no base64url: byte 1 is '+'");
    CHECK(read(From::base64, "Zm9v\n").why == "the payload is no base64: byte 5 is the byte 10");
    CHECK(read(From::base64, "Z").why == "the payload is no base64: byte 2 is missing: six bits are left");
    CHECK(read(From::base64, "Zh==").why == "the payload is no base64: byte 4 has bits that belong to no byte");
    CHECK(read(From::base64, "Zg=").why == "the payload is no base64: byte 4 is missing: the padding is too short");
    CHECK(read(From::base64, "Zg==Zg==").why == "the payload is no base64: byte 5 is 'Z'");
    CHECK(read(From::base64, "Zm9v=").why == "the payload is no base64: byte 5 is '='");
    CHECK(read(From::base64, "=").why == "the payload is no base64: byte 1 is '='");
    CHECK(read(From::hex, "6g").why == "the payload is no hex: byte 2 is 'g'");
    CHECK(read(From::hex, "666").why == "the payload is no hex: byte 4 is missing: half a byte is left");
    CHECK(read(From::hex, "66=").why == "the payload is no hex: byte 3 is '='");
}

TEST_CASE("space counts for nothing where that is asked for") {
    CHECK(read(From::base64, "Zm 9v\r\nYg =\t=\n", true).bytes == "foob");
    CHECK(read(From::hex, "66 6f\n", true).bytes == "fo");
    CHECK_FALSE(read(From::hex, "66 6f").ok);
}

TEST_CASE("random texts are read as by definition, or refused") {
    std::vector<Plain> messages;
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (uint32_t i = 0; i < 600; ++i) {
        std::string text(random() % 40 / 4 * 4, 'A');
        for (char& c : text) c = kLetters[random() % kLetters.size()];
        if (i % 5 == 0 && !text.empty()) text[random() % text.size()] = '~';
        if (i % 7 == 0) text += "Zg==";
        messages.push_back({.payload = text, .lane = i % 4});
        if (i % 11 == 0) messages.back().payload.reset();
    }
    StageModel<Decode> test([](Decode&, StageRig&) {});
    test.check(
        [](Plain m) {
            if (!m.payload) return passed(m);
            m.payload = slowly(*m.payload, kLetters, 6);
            return m.payload ? passed(m) : rejected("is '~'");
        },
        messages);
}
