#include "expression/json_scan.hpp"

#include <doctest/doctest.h>

#include <random>

#include "expression/scratch.hpp"

using namespace leat::expression;

namespace {

// The text of the value at `pointer`, "(absent)" or "(malformed)".
std::string at(std::string_view payload, std::string_view pointer) {
    std::string error;
    const auto parsed = JsonPointer::parse(pointer, error);
    REQUIRE_MESSAGE(parsed, error);
    JsonValue value;
    const JsonScan scan = find_json(payload, *parsed, value);
    if (scan != JsonScan::found) return scan == JsonScan::absent ? "(absent)" : "(malformed)";
    return std::string(value.text);
}

std::string decoded(std::string_view raw) {
    leat_text text{nullptr, 0, 0};
    const bool good = decode_json_string(raw, text);
    std::string out = good ? std::string(view({text.data, text.size})) : "(malformed)";
    clear(text);
    return out;
}

}  // namespace

TEST_CASE("a value is found at any depth, in objects and lists") {
    const std::string_view payload =
        R"( { "a" : {"x": [1, {"b": "two"}, [3]]}, "value" : -1.5e3 , "t":true,"n":null } )";
    CHECK(at(payload, "/value") == "-1.5e3");
    CHECK(at(payload, "/a/x/0") == "1");
    CHECK(at(payload, "/a/x/1/b") == "two");
    CHECK(at(payload, "/a/x/2") == "[3]");
    CHECK(at(payload, "/t") == "true");
    CHECK(at(payload, "/n") == "null");
    CHECK(at("42", "") == "42");
    CHECK(at(" {\"a\":1}x", "") == "{\"a\":1}");
}

TEST_CASE("what is not there is absent, not malformed") {
    CHECK(at(R"({"a": 1})", "/b") == "(absent)");
    CHECK(at(R"({"a": 1})", "/a/b") == "(absent)");
    CHECK(at(R"([1, 2])", "/2") == "(absent)");
    CHECK(at(R"([1, 2])", "/01") == "(absent)");
    CHECK(at(R"([1, 2])", "/-") == "(absent)");
    CHECK(at("{}", "/a") == "(absent)");
    CHECK(at("[]", "/0") == "(absent)");
    CHECK(at("\"text\"", "/a") == "(absent)");
}

TEST_CASE("names are compared whole, decoded, and the first of duplicates counts") {
    CHECK(at(R"({"ab": 1, "a": 2})", "/a") == "2");
    CHECK(at(R"({"\u0061": 1})", "/a") == "1");
    CHECK(at(R"({"a\"b": 1})", "/a\"b") == "1");
    CHECK(at(R"({"a": 1, "a": 2})", "/a") == "1");
    CHECK(at(R"({"a/b": 1, "c~d": 2, "": 3})", "/a~1b") == "1");
    CHECK(at(R"({"a/b": 1, "c~d": 2, "": 3})", "/c~0d") == "2");
    CHECK(at(R"({"a/b": 1, "c~d": 2, "": 3})", "/") == "3");
    CHECK(at(R"({"1": "one"})", "/1") == "one");
}

TEST_CASE("brackets and quotes inside strings do not confuse the scanner") {
    CHECK(at(R"({"x": "}]{[\"", "y": {"z": "}\\"}, "a": 1})", "/a") == "1");
    CHECK(at(R"({"x": "\\\\\"", "a": 1})", "/a") == "1");
}

TEST_CASE("malformed payloads are told as such") {
    for (const char* bad : {"",
                            " ",
                            "{",
                            "{\"a\"",
                            "{\"a\":",
                            "{\"a\" 1}",
                            "{a: 1}",
                            "{\"b\": 1 \"a\": 2}",
                            "{\"b\": [1}, \"a\": 2}",
                            "{\"b\": \"x, \"a\": 1}",
                            "{\"a\": 01}",
                            "{\"a\": 1x}",
                            "{\"a\": tru}",
                            "{\"a\": truex}",
                            "{\"a\": -}",
                            "{\"a\": 1.}",
                            "{\"a\": 'x'}",
                            "{,\"a\": 1}",
                            "{\"a\": }",
                            "hello",
                            "{\"b\": nul, \"a\": 1}",
                            "\xff\xfe"}) {
        CAPTURE(bad);
        CHECK(at(bad, "/a") == "(malformed)");
    }
}

TEST_CASE("nesting beyond the bound is malformed, however deep") {
    const auto wrapped = [](size_t n) {
        return "{\"x\": " + std::string(n, '[') + std::string(n, ']') + ", \"a\": 1}";
    };
    CHECK(at(wrapped(64), "/a") == "1");
    CHECK(at(wrapped(65), "/a") == "(malformed)");
    CHECK(at(wrapped(1'000'000), "/a") == "(malformed)");
}

TEST_CASE("strings are decoded, surrogate pairs included") {
    CHECK(decoded(R"(a\"\\\/\b\f\n\r\t)") == "a\"\\/\b\f\n\r\t");
    CHECK(decoded(R"(\u0041\u00e9\u20ac\ud83d\ude00)") == "A\u00e9\u20ac\U0001F600");
    CHECK(decoded("plain") == "plain");
    CHECK(decoded("") == "");
    for (const char* bad :
         {"\\", "\\x", "\\u", "\\u12g4", "\\ud800", "\\ud800\\u0041", "\\udc00", "\\ud83d\\ud83d"}) {
        CAPTURE(bad);
        CHECK(decoded(bad) == "(malformed)");
    }
}

TEST_CASE("a pointer that is none is refused in words") {
    std::string error;
    CHECK_FALSE(JsonPointer::parse("a", error));
    CHECK(error.find("begins with '/'") != std::string::npos);
    CHECK_FALSE(JsonPointer::parse("/a~", error));
    CHECK_FALSE(JsonPointer::parse("/a~2", error));
    std::string deep;
    for (int i = 0; i < 65; ++i) deep += "/a";
    CHECK_FALSE(JsonPointer::parse(deep, error));
}

TEST_CASE("no garbage crashes the scanner") {
    constexpr uint32_t kSeed = 7;
    std::mt19937 random(kSeed);
    static constexpr std::string_view kPieces[] = {"{",     "}", "[", "]",    ",",    ":",    "\"", "\\",
                                                   "\"a\"", "1", "-", "true", "null", "\xff", " ",  "\\u"};
    std::string error;
    const auto pointer = JsonPointer::parse("/a/0/a", error);
    for (int round = 0; round < 50'000; ++round) {
        std::string text = "{\"a\":";
        for (auto n = random() % 20; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
        JsonValue value;
        if (find_json(text, *pointer, value) == JsonScan::found) CHECK(value.text.size() <= text.size());
        decoded(text);
    }
}
