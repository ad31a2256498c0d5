#include "config/document.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <random>

#include "config/report.hpp"
#include "config/text.hpp"

using namespace leat::config;

namespace {

// What the reader says about `text`; "" when it is right.
std::string complaints(std::string_view text) {
    Report report("f.json");
    parse(text, "f.json", report);
    return report.text();
}

std::unique_ptr<Document> good(std::string_view text) {
    Report report("f.json");
    auto document = parse(text, "f.json", report);
    CHECK(report.text() == "");
    REQUIRE(document);
    return document;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("every kind of value is read") {
    const auto document = good(R"({"a": null, "b": true, "c": -12, "d": 1.5e2, "e": "x", "f": [1, 2], "g": {}})");
    const Node& root = document->root;
    CHECK(root.find("a")->kind == Kind::null);
    CHECK(root.find("b")->boolean);
    CHECK(root.find("c")->integer == -12);
    CHECK(root.find("c")->number == -12.0);
    CHECK(root.find("d")->kind == Kind::number);
    CHECK(root.find("d")->number == 150.0);
    CHECK(root.find("e")->text == "x");
    CHECK(root.find("f")->children.size() == 2);
    CHECK(root.find("g")->kind == Kind::object);
    CHECK(root.find("h") == nullptr);
    CHECK(root.find("e")->find("x") == nullptr);
}

TEST_CASE("comments and trailing commas are allowed") {
    const auto document = good("// first\n{ /* a\n b */ \"x\": [1, 2, /* last */ ], // end\n}\n// after");
    CHECK(document->root.find("x")->children.size() == 2);
    CHECK(document->root.find("x")->line == 3);
}

TEST_CASE("a byte order mark and Windows line ends are no error") {
    const auto document = good("\xef\xbb\xbf{\r\n\"a\": 1\r\n}\r\n");
    CHECK(document->root.find("a")->line == 2);
}

TEST_CASE("a value knows its JSON pointer and the line of its name") {
    const auto document = good("{\n\"a/b~c\": [\n 1,\n {\"x\":\n 2}]}");
    const Node& list = document->root.children[0];
    CHECK(document->root.path().empty());
    CHECK(list.path() == "/a~1b~0c");
    CHECK(list.children[1].find("x")->path() == "/a~1b~0c/1/x");
    CHECK(list.children[1].find("x")->line == 4);
    CHECK(list.children[0].line == 3);
}

TEST_CASE("escapes are decoded, surrogate pairs included") {
    CHECK(good(R"(["\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"])")->root.children[0].text ==
          "\"\\/\b\f\n\r\t\u00e9\U0001F600");
}

TEST_CASE("all syntax errors that can be told apart are reported at once, by line") {
    const std::string text =
        complaints("{\n\"a\": \"x\\q\",\n\"b\": 01,\n\"c\": True,\n\"d\": \"\xff\"\n\"e\": 1e999,\n}");
    CHECK(contains(text, "f.json:2: unknown escape"));
    CHECK(contains(text, "f.json:3: expected a value"));
    CHECK(contains(text, "f.json:4: expected true, false or null (did you mean \"true\"?)"));
    CHECK(contains(text, "f.json:5: a string holds bytes that are not UTF-8"));
    CHECK(contains(text, "f.json:6: missing ','"));
    CHECK(contains(text, "f.json:6: the number is out of range"));
}

TEST_CASE("duplicate names are errors that name the first use, and leave the document usable") {
    Report report("f.json");
    const auto document = parse("{\"r\": {\n\"a\": 1,\n\"b\": 2,\n\"a\": 3}}", "f.json", report);
    REQUIRE(document);
    CHECK(report.text() == "f.json:4: /r/a: duplicate name \"a\", first used in line 2\n");
    CHECK(document->root.find("r")->find("a")->integer == 1);
}

TEST_CASE("a name that is escaped differently is the same name") {
    CHECK(contains(complaints(R"({"a": 1, "\u0061": 2})"), "duplicate name \"a\""));
}

TEST_CASE("malformed documents are refused in words") {
    CHECK(contains(complaints(""), "f.json:1: the file is empty"));
    CHECK(contains(complaints(" \n // nothing\n"), "f.json:3: the file is empty"));
    CHECK(contains(complaints("{"), "found the end of the file"));
    CHECK(contains(complaints("{\"a\""), "expected ':'"));
    CHECK(contains(complaints("{\"a\": }"), "expected a value, found '}'"));
    CHECK(contains(complaints("{\"a\": 1} x"), "expected the end of the file, found 'x'"));
    CHECK(contains(complaints("{\"a\": \"x\n\"}"), "f.json:1: the string has no closing quote"));
    CHECK(contains(complaints("[1 /* open"), "the comment that begins here has no end"));
    CHECK(contains(complaints("{'a': 1}"), "double quotes"));
    CHECK(contains(complaints("# c\n{}"), "comments begin with //"));
    CHECK(contains(complaints("[1,,2]"), "expected a value, found ','"));
    CHECK(contains(complaints("{a: 1}"), "names stand in double quotes"));
    CHECK(contains(complaints("[\"\\u12\"]"), "four hexadecimal digits"));
    CHECK(contains(complaints("[\"\\ud800x\"]"), "surrogates come in pairs"));
    CHECK(contains(complaints("[\"a\tb\"]"), "control character"));
    CHECK(contains(complaints("[+1]"), "expected a value"));
    CHECK(contains(complaints("[1.]"), "expected a value"));
    CHECK(contains(complaints("[-]"), "expected a value"));
    CHECK(contains(complaints("[NaN]"), "expected a value"));
}

TEST_CASE("a word without quotes is not repeated, because it may be a secret") {
    CHECK_FALSE(contains(complaints("{\"password\": hunter2}"), "hunter2"));
}

TEST_CASE("NUL never enters a string, neither as a byte nor as an escape") {
    using namespace std::string_view_literals;
    CHECK(contains(complaints("[\"a\0b\"]"sv), "control character"));
    CHECK(contains(complaints("[\"a\\u0000b\"]"), "\\u0000 is not allowed"));
    CHECK(contains(complaints("\0{}"sv), "expected a value"));
    CHECK(contains(complaints("{}\0"sv), "expected the end of the file"));
    CHECK(contains(complaints("[1\0]"sv), "expected ',' or ']'"));
    CHECK(contains(complaints("[\"\\\0\"]"sv), "unknown escape"));
}

TEST_CASE("nesting is bounded") {
    const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
    CHECK(complaints(nested(64)).empty());
    CHECK(contains(complaints(nested(65)), "nested deeper than 64 levels"));
    CHECK(contains(complaints(std::string(3'000'000, '[')), "nested deeper than 64 levels"));
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    CHECK(contains(complaints(objects), "nested deeper than 64 levels"));
}

TEST_CASE("size and number of values are bounded") {
    CHECK(contains(complaints(std::string(kMaxDocumentBytes + 1, ' ')), "larger than 4 MiB"));
    std::string many = "[";
    for (size_t i = 0; i <= kMaxDocumentValues; ++i) many += "1,";
    CHECK(contains(complaints(many + "]"), "more than 200,000 values"));
}

TEST_CASE("integers beyond 64 bits are numbers, not wrapped integers") {
    const auto document = good("[9223372036854775807, 9223372036854775808, -9223372036854775808, 1e3]");
    CHECK(document->root.children[0].kind == Kind::integer);
    CHECK(document->root.children[0].integer == INT64_MAX);
    CHECK(document->root.children[1].kind == Kind::number);
    CHECK(document->root.children[2].integer == INT64_MIN);
    CHECK(document->root.children[3].kind == Kind::number);
}

TEST_CASE("UTF-8 is checked strictly: overlong forms, surrogates and what lies beyond Unicode are malformed") {
    CHECK(utf8_length("a") == 1);
    CHECK(utf8_length("\xc3\xa9") == 2);
    CHECK(utf8_length("\xf0\x9f\x98\x80") == 4);
    for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                            "\xf4\x90\x80\x80", "\xf8\x88", "\xe2\x82"}) {
        CHECK(utf8_length(bad) == 0);
    }
    CHECK(utf8_length("") == 0);
}

TEST_CASE("no garbage crashes the reader") {
    constexpr uint32_t kSeed = 20240229;
    CAPTURE(kSeed);
    std::mt19937 random(kSeed);
    static constexpr std::string_view kPieces[] = {"{",  "}",   "[",    "]",    ",",    ":",  "\"",
                                                   "\\", "\\u", "d800", "//",   "/*",   "*/", "\n",
                                                   "1",  "e9",  "-",    "true", "\xff", " ",  "a"};
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto n = random() % 24; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
        Report report("f");
        const bool usable = parse(text, "f", report) != nullptr;
        CHECK(usable != (report.has_errors() && !contains(report.text(), "duplicate name")));
    }
}

TEST_CASE("a file that cannot be read is reported by name") {
    Report report("/nowhere/x.json");
    CHECK(load("/nowhere/x.json", report) == nullptr);
    CHECK(report.text() == "/nowhere/x.json: cannot be read: no such file\n");
    Report folder("/tmp");
    CHECK(load("/tmp", folder) == nullptr);
    CHECK(contains(folder.text(), "is a folder"));
}

TEST_CASE("text is quoted as JSON") {
    CHECK(json_quoted("a\"b\\c\nd\x01") == "\"a\\\"b\\\\c\\nd\\u0001\"");
    CHECK(json_quoted("\xff") == "\"\xef\xbf\xbd\"");
}
