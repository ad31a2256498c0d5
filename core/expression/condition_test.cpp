#include "expression/condition.hpp"

#include <doctest/doctest.h>

#include <random>

#include "expression/scratch.hpp"

using namespace leat::expression;

namespace {

struct Sample {
    leat_header headers[3] = {
        {bytes("unit"), bytes("C")}, {bytes("limit"), bytes("80")}, {bytes("odd name"), bytes("x")}};
    leat_message message{};
    Sample() {
        message.topic = bytes("plant/7/temp");
        message.payload = bytes(
            R"({"value": 80.5, "limit": 90, "name": "a\"b", "other": "a\u0022b", "on": true, "n": null, "text": "81", "odd key": 1})");
        message.headers = headers;
        message.header_count = 3;
    }
};

// "yes", "no", or why neither.
std::string verdict(std::string_view text, const leat_message& message) {
    std::string error;
    const auto condition = Condition::compile(text, {'/', "r"}, error);
    if (!condition) return "compile: " + error;
    leat_text scratch{nullptr, 0, 0};
    leat_bytes why{};
    const Verdict answer = condition->evaluate(message, scratch, why);
    std::string result = answer == Verdict::yes ? "yes" : answer == Verdict::no ? "no" : std::string(view(why));
    clear(scratch);
    return result;
}

std::string verdict(std::string_view text) { return verdict(text, Sample().message); }

}  // namespace

TEST_CASE("values are compared with numbers and texts") {
    CHECK(verdict("json:/value > 80") == "yes");
    CHECK(verdict("json:/value>80") == "yes");
    CHECK(verdict("json:/value <= 80") == "no");
    CHECK(verdict("json:/value == 80.50") == "yes");
    CHECK(verdict("80 < json:/value") == "yes");
    CHECK(verdict("json:/value != -8.05e1") == "yes");
    CHECK(verdict("topic == \"plant/7/temp\"") == "yes");
    CHECK(verdict("'plant/7/temp' == topic") == "yes");
    CHECK(verdict("'plant/7/tem' == topic") == "no");
    CHECK(verdict("'plant/7/temq' != topic") == "yes");
    CHECK(verdict("topic[1] == 7") == "yes");
    CHECK(verdict("topic[1] == '7'") == "yes");
    CHECK(verdict("topic[1] >= 7.5") == "no");
    CHECK(verdict("header:unit == 'C'") == "yes");
    CHECK(verdict("header:limit >= 80") == "yes");
    CHECK(verdict("header:\"odd name\" == 'x'") == "yes");
    CHECK(verdict("json:\"/odd key\" == 1") == "yes");
    CHECK(verdict("json:/value == '80.5'") == "yes");
    CHECK(verdict("'80.50' == json:/value") == "no");
    CHECK(verdict("'x' != header:none") == "header:none: the message has none");
    CHECK(verdict("json:/on == true") == "yes");
    CHECK(verdict("true != json:/on") == "no");
    CHECK(verdict("json:/on == false") == "no");
    CHECK(verdict("json:/text > 80") == "yes");
    CHECK(verdict("json:/value == '80.5'") == "yes");
    CHECK(verdict("route == 'r'") == "yes");
    Sample sample;
    sample.message.payload = bytes("81");
    CHECK(verdict("payload > 80", sample.message) == "yes");
    CHECK(verdict("json: > 80", sample.message) == "yes");
}

TEST_CASE("values are compared with each other: as numbers when one is a JSON number, else as text") {
    CHECK(verdict("json:/value < json:/limit") == "yes");
    CHECK(verdict("json:/value > header:limit") == "yes");
    CHECK(verdict("header:limit < json:/limit") == "yes");
    CHECK(verdict("json:/name == json:/other") == "yes");
    CHECK(verdict("topic[0] == topic[2]") == "no");
    CHECK(verdict("json:/value > header:unit") == "header:unit: the value is not a number");
}

TEST_CASE("and binds tighter than or, not tightest, parentheses win") {
    CHECK(verdict("1 == json:/limit or topic[1] == 7 and header:unit == 'C'") == "yes");
    CHECK(verdict("(json:/limit == 90 or topic[1] == 8) and header:unit == 'F'") == "no");
    CHECK(verdict("json:/limit == 90 or topic[1] == 8 and header:unit == 'F'") == "yes");
    CHECK(verdict("not json:/limit == 90") == "no");
    CHECK(verdict("not not json:/limit == 90") == "yes");
    CHECK(verdict("not (json:/limit == 1) and not json:/limit == 2") == "yes");
    CHECK(verdict("not(json:/limit == 1)") == "yes");
}

TEST_CASE("every combination of three terms agrees with C++") {
    for (int bits = 0; bits < 8; ++bits) {
        const bool a = bits & 1, b = bits & 2, c = bits & 4;
        const auto term = [](bool truth) { return std::string(truth ? "json:/limit == 90" : "json:/limit == 1"); };
        const auto expect = [](bool truth) { return truth ? "yes" : "no"; };
        CHECK(verdict(term(a) + " and " + term(b) + " or " + term(c)) == expect((a && b) || c));
        CHECK(verdict(term(a) + " or " + term(b) + " and " + term(c)) == expect(a || (b && c)));
        CHECK(verdict("not (" + term(a) + " or " + term(b) + ") or " + term(c)) == expect(!(a || b) || c));
        CHECK(verdict("(" + term(a) + " or " + term(b) + ") and not " + term(c)) == expect((a || b) && !c));
        CHECK(verdict(term(a) + " and " + term(b) + " and " + term(c)) == expect(a && b && c));
        CHECK(verdict(term(a) + " or " + term(b) + " or " + term(c)) == expect(a || b || c));
    }
}

TEST_CASE("exists is yes or no, whatever is missing or malformed") {
    CHECK(verdict("exists header:unit") == "yes");
    CHECK(verdict("header:unit exists") == "yes");
    CHECK(verdict("exists key") == "no");
    CHECK(verdict("exists json:/value and json:/value > 80") == "yes");
    CHECK(verdict("exists json:/nope and json:/nope > 80") == "no");
    CHECK(verdict("exists json:/n") == "no");
    CHECK(verdict("not exists topic[3]") == "yes");
    Sample sample;
    sample.message.payload = bytes("{broken");
    CHECK(verdict("exists json:/a", sample.message) == "no");
}

TEST_CASE("what is missing or no number cannot be told") {
    CHECK(verdict("json:/nope > 80") == "json:/nope: the payload has no such value");
    CHECK(verdict("json:/n == 1") == "json:/n: the payload has no such value");
    CHECK(verdict("key == 'x'") == "key: the message has none");
    CHECK(verdict("topic == key") == "key: the message has none");
    CHECK(verdict("json:/name > 80") == "json:/name: the value is not a number");
    CHECK(verdict("topic > 80") == "topic: the value is not a number");
    CHECK(verdict("not json:/nope > 80") == "json:/nope: the payload has no such value");
    CHECK(verdict("json:/nope matches 'x'") == "json:/nope: the payload has no such value");
    CHECK(verdict("json:/limit == 90 or json:/nope == 1") == "yes");
    CHECK(verdict("json:/limit == 1 and json:/nope == 1") == "no");
    Sample sample;
    sample.message.payload = bytes("{\"a\": 1e999}");
    CHECK(verdict("json:/a > 1", sample.message) == "json:/a: the value is not a number");
}

TEST_CASE("matches finds a pattern") {
    CHECK(verdict("topic matches \"^plant/[0-9]+/\"") == "yes");
    CHECK(verdict(R"(topic matches '^plant/\d+/temp$')") == "yes");
    CHECK(verdict("topic matches 'flow'") == "no");
    CHECK(verdict(R"(json:/name matches '^a"b$')") == "yes");
    CHECK(verdict(R"(json:/name matches "^a\"b$")") == "yes");
    CHECK(verdict("topic matches '('").find("compile: matches: a '(' without ')'") == 0);
    CHECK(verdict("topic matches plant").find("compile: expected a pattern in quotes") == 0);
    Sample sample;
    sample.message.topic = bytes("a\\b");
    CHECK(verdict(R"(topic matches '^a\\b$')", sample.message) == "yes");
    CHECK(verdict(R"(topic == 'a\\b')", sample.message) == "yes");
}

TEST_CASE("a condition that is none is refused in words") {
    CHECK(verdict("").find("compile: expected a field") == 0);
    CHECK(verdict("topic").find("compile: expected == !=") == 0);
    CHECK(verdict("topic = 'x'").find("compile: expected == !=") == 0);
    CHECK(verdict("topic == ").find("compile: expected a field, a number or a text, found the end") == 0);
    CHECK(verdict("topci == 'x'").find("compile: unknown field \"topci\"") == 0);
    CHECK(verdict("topic == plant").find("(a text stands in quotes)") != std::string::npos);
    CHECK(verdict("topic == 'x").find("compile: a text has no closing quote") == 0);
    CHECK(verdict("(topic == 'x'").find("compile: expected ')', found the end") == 0);
    CHECK(verdict("topic == 'x')").find("compile: expected `and`, `or` or the end") == 0);
    CHECK(verdict("topic == 'x' 'y'").find("compile: expected `and`") == 0);
    CHECK(verdict("1 == 1").find("compile: a term needs a field") == 0);
    CHECK(verdict("exists 'x'").find("compile: a term needs a field") == 0);
    CHECK(verdict("'x' matches 'x'").find("compile: a term needs a field") == 0);
    CHECK(verdict("topic[-1] == 1").find("compile: topic[-1]") == 0);
    CHECK(verdict("and").find("compile: unknown field") == 0);
    CHECK(verdict("topic == 'x' and").find("compile: expected a field") == 0);
    CHECK(verdict(std::string(1000, '(')).find("compile: nested deeper") == 0);
    std::string nots;
    for (int i = 0; i < 1000; ++i) nots += "not ";
    CHECK(verdict(nots + "exists key").find("compile: nested deeper") == 0);
    CHECK(verdict(std::string(20'000, ' ')).find("compile: a condition is at most") == 0);
}

TEST_CASE("long chains need no stack") {
    std::string chain = "json:/limit == 90";
    while (chain.size() < 16'000) chain += " and json:/limit == 90";
    CHECK(verdict(chain) == "yes");
}

TEST_CASE("no garbage crashes the reader of conditions") {
    constexpr uint32_t kSeed = 3;
    std::mt19937 random(kSeed);
    static constexpr std::string_view kPieces[] = {"topic", "[1]", "json:/value", "header:", "'x'", "\"", "80",
                                                   "==",    "<",   "matches",     "exists",  "and", "or", "not",
                                                   "(",     ")",   " ",           "\\",      "\xff"};
    const Sample sample;
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto n = random() % 10; n > 0; --n)
            (text += kPieces[random() % std::size(kPieces)]) += random() % 2 ? " " : "";
        verdict(text, sample.message);
    }
}
