#include "bounded_json/read.hpp"
#include "bounded_json/utf8.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace bounded_json;

namespace {

std::string refusal(std::string_view payload) {
    Json value;
    std::string why;
    return read(payload, value, why) ? "" : why;
}

}  // namespace

TEST_CASE("what is read is what nlohmann's own parser gives") {
    for (const char* text :
         {"{}", "[]", "1", "-7", "\"a\"", "null", "true", "1.5e3", "18446744073709551615",
          R"({"a":[1,{"b":[[],{}]},"c"],"d":{"e":null,"a":false}})", R"({"a":1,"a":2})", " [ 1 ] "}) {
        Json value;
        std::string why;
        REQUIRE(read(text, value, why));
        CHECK(value == Json::parse(text));
        CHECK(is_json(text, why));
    }
}

TEST_CASE("what is no JSON is refused, and where") {
    CHECK(refusal("{\"a\":x}").find("byte 6") != std::string::npos);
    CHECK(refusal("").find("no JSON") != std::string::npos);
    CHECK(refusal("[1,2") != "");
    CHECK(refusal("1 2") != "");
    CHECK(refusal("{'a':1}") != "");
    CHECK(refusal("\"\xff\"") != "");
    CHECK(refusal("\"\\ud800\"") != "");
    CHECK(refusal(std::string_view("[1]\0garbage", 11)).find("byte 4: a NUL") != std::string::npos);
    CHECK(refusal("1e999") != "");
    CHECK(refusal("[123456789012345678901234567890]").find("beyond 64 bits") != std::string::npos);
    std::string why;
    CHECK(is_json("[123456789012345678901234567890]", why));
}

TEST_CASE("nesting has a limit, also without its ends") {
    const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
    CHECK(refusal(nested(kMostNested)).empty());
    CHECK(refusal(nested(kMostNested + 1)).find("nests deeper than 128") != std::string::npos);
    CHECK(refusal(std::string(10'000'000, '[')) != "");
    std::string objects;
    for (int i = 0; i < 1'000'000; ++i) objects += "{\"a\":";
    CHECK(refusal(objects).find("nests deeper") != std::string::npos);
    CHECK(refusal("[" + nested(100) + "," + nested(100) + "]").empty());
}

TEST_CASE("bytes at random are read or refused, and what is read is written and read again alike") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const std::string_view pieces[] = {"{",
                                       "}",
                                       "[",
                                       "]",
                                       ",",
                                       ":",
                                       "\"a\"",
                                       "\"",
                                       "1",
                                       "-",
                                       ".5",
                                       "e9",
                                       "null",
                                       "true",
                                       " ",
                                       "\xc3",
                                       "\\u12",
                                       "\\",
                                       std::string_view("\0", 1),
                                       "\"b\":"};
    for (int i = 0; i < 20000; ++i) {
        std::string text;
        for (size_t n = random() % 12; n > 0; --n) text += pieces[random() % std::size(pieces)];
        Json value;
        std::string why;
        const bool is_read = read(text, value, why);
        CHECK(is_read == (text.find('\0') == text.npos && Json::accept(text)));
        if (!is_read) continue;
        Json again;
        REQUIRE(read(write(value), again, why));
        CHECK(again == value);
    }
}

TEST_CASE("UTF-8 is told as nlohmann's writer tells it") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const std::string_view pieces[] = {
        "abcdefgh", "a",    "\xc3\xa9",     "\xe2\x82\xac",     "\xf0\x9f\x98\x80", "\xc3", "\xed\xa0",    "\x80",
        "\xc0\x80", "\xf5", "\xe0\x80\x80", "\xf4\x8f\xbf\xbf", "\xf4\x90",         "\xff", "\xef\xbf\xbf"};
    for (int i = 0; i < 20000; ++i) {
        std::string text;
        for (size_t n = random() % 7; n > 0; --n) text += pieces[random() % std::size(pieces)];
        bool is_written = true;
        try {
            Json(text).dump();
        } catch (const Json::type_error&) {
            is_written = false;
        }
        CHECK(is_utf8(text) == is_written);
        CHECK(is_utf8(text.substr(0, utf8_prefix(text))));
    }
    CHECK(utf8_prefix("ab\xffz") == 2);
}
