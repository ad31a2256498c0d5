#include "expression/pattern.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <regex>

using leat::expression::Pattern;

namespace {

bool found(std::string_view pattern, std::string_view text) {
    std::string error;
    const auto compiled = Pattern::compile(pattern, error);
    REQUIRE_MESSAGE(compiled, error);
    return compiled->found_in(text);
}

std::string refusal(std::string_view pattern) {
    std::string error;
    CHECK_FALSE(Pattern::compile(pattern, error));
    return error;
}

}  // namespace

TEST_CASE("a pattern is found anywhere unless anchored") {
    CHECK(found("temp", "plant/temp/1"));
    CHECK_FALSE(found("temp", "plant/flow/1"));
    CHECK(found("^plant", "plant/temp"));
    CHECK_FALSE(found("^temp", "plant/temp"));
    CHECK(found("temp$", "plant/temp"));
    CHECK_FALSE(found("plant$", "plant/temp"));
    CHECK(found("^$", ""));
    CHECK_FALSE(found("^$", "x"));
    CHECK(found("", "anything"));
    CHECK(found("(^|/)temp(/|$)", "plant/temp"));
    CHECK_FALSE(found("(^|/)temp(/|$)", "plant/temperature"));
}

TEST_CASE("sets, classes and quantifiers mean what they usually mean") {
    CHECK(found("^[a-c]+[0-9]{2,3}$", "abc123"));
    CHECK_FALSE(found("^[a-c]+[0-9]{2,3}$", "abc1234"));
    CHECK_FALSE(found("^[a-c]+[0-9]{2,3}$", "abc1"));
    CHECK(found("^a{0}b$", "b"));
    CHECK(found("^a{2,}$", "aaaa"));
    CHECK_FALSE(found("^a{2,}$", "a"));
    CHECK(found("^\\d+\\.\\d*$", "3.14"));
    CHECK(found("^[^/]+/[]x-]$", "ab/]"));
    CHECK(found("^[a\\-z]$", "-"));
    CHECK(found("^(?:ab|cd)*$", "abcdab"));
    CHECK(found("^a.c$", "a\nc"));
    CHECK(found("^a*?$", "aaa"));
    CHECK(found("(?i)^HeLLo$", "hEllO"));
    CHECK(found("\\$\\{x\\}", "${x}"));
    CHECK(found("^\\S+\\s\\w+\\W$", "a- b_1!"));
    CHECK(found("^(a?){3}$", "aa"));
    CHECK(found("^(a*)*$", "aaaa"));
    CHECK(found("^(a|b?)+c$", "abac"));
}

TEST_CASE("characters beyond ASCII count as one") {
    CHECK(found("^.{3}$", "a\u00e9\u20ac"));
    CHECK_FALSE(found("^.{2}$", "a\u00e9\u20ac"));
    CHECK(found("^[^x]$", "\U0001F600"));
    CHECK(found("^\u00e9+$", "\u00e9\u00e9\u00e9"));
    CHECK_FALSE(found("^\u00e9+$", "\u00e9\xa9"));
    CHECK(found("^\\W$", "\u20ac"));
    CHECK_FALSE(found("^[^\\W]$", "\u20ac"));
    CHECK(found("^[\\D]$", "\u20ac"));
}

TEST_CASE("what the engine does not do is refused in words") {
    CHECK(refusal("(").find("without ')'") != std::string::npos);
    CHECK(refusal(")").find("without '('") != std::string::npos);
    CHECK(refusal("[a").find("without ']'") != std::string::npos);
    CHECK(refusal("*a").find("nothing to repeat") != std::string::npos);
    CHECK(refusal("a**").find("quantifier after a quantifier") != std::string::npos);
    CHECK(refusal("a{2").find("expected a count") != std::string::npos);
    CHECK(refusal("a{3,2}").find("in order") != std::string::npos);
    CHECK(refusal("a{99999999999}").find("expected a count") != std::string::npos);
    CHECK(refusal("(a)\\1").find("unknown escape") != std::string::npos);
    CHECK(refusal("\\bx").find("unknown escape") != std::string::npos);
    CHECK(refusal("a(?=b)").find("(?:") != std::string::npos);
    CHECK(refusal("[z-a]").find("wrong order") != std::string::npos);
    CHECK(refusal("[\u00e9]").find("ASCII") != std::string::npos);
    CHECK(refusal("\\").find("at the end") != std::string::npos);
    CHECK(refusal("((a{100}){100}){100}").find("too large") != std::string::npos);
    CHECK(refusal(std::string(200, '(')).find("nested deeper") != std::string::npos);
    CHECK(refusal(std::string(5000, 'a')).find("at most 4 KiB") != std::string::npos);
}

TEST_CASE("patterns that make backtracking engines explode take linear time") {
    const std::string text(100'000, 'a');
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(found("^(a+)+b$", text));
    CHECK_FALSE(found("(a|aa)+c", text));
    CHECK_FALSE(found("(.*)(.*)(.*)(.*)x", text));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));  // of sanitizers, too
}

TEST_CASE("no garbage crashes the reader of patterns, and empty repetitions stay bounded") {
    constexpr uint32_t kSeed = 11;
    std::mt19937 random(kSeed);
    static constexpr std::string_view kPieces = "ab()[]|*+?{},12^$.\\d-\xc3\xa9";
    std::string error;
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto n = random() % 12; n > 0; --n) text += kPieces[random() % kPieces.size()];
        if (const auto pattern = Pattern::compile(text, error)) pattern->found_in("ab12ab\xc3\xa9");
    }
    CHECK(found("^(){512}a$", "a"));
    refusal("((((a{50}){50}){50}){50}){50}");
    std::string nested = "()";
    for (int i = 0; i < 10; ++i) nested.insert(0, "(").append("){500}");
    Pattern::compile(nested, error);
}

TEST_CASE("answers agree with std::regex on random patterns and texts") {
    constexpr uint32_t kSeed = 5;
    CAPTURE(kSeed);
    std::mt19937 random(kSeed);
    const auto pick = [&](std::string_view of) { return of[random() % of.size()]; };
    int compared = 0;
    for (int round = 0; round < 3'000; ++round) {
        std::string pattern;
        for (auto n = random() % 8 + 1; n > 0; --n) pattern += pick("ab.(|)*+?[^]a");
        std::string error;
        const auto ours = Pattern::compile(pattern, error);
        if (!ours || pattern.find("()") != std::string::npos || pattern.find('^') != std::string::npos) continue;
        try {
            const std::regex theirs(pattern);
            for (int i = 0; i < 10; ++i) {
                std::string text;
                for (auto n = random() % 6; n > 0; --n) text += pick("abc");
                CAPTURE(pattern);
                CAPTURE(text);
                CHECK(ours->found_in(text) == std::regex_search(text, theirs));
                ++compared;
            }
        } catch (const std::regex_error&) {
            continue;
        }
    }
    CHECK(compared > 1000);
}
