#include "bench/figures/result_json.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <random>

using namespace leat::bench;

namespace {

std::string random_text(std::mt19937& random) {
    static const std::string kLetters[] = {"a", "Z", " ", "\"", "\\", "/", "\n", "<", "µ", "–", "{", "\t"};
    std::string text;
    for (size_t n = random() % 12; n > 0; --n) text += kLetters[random() % std::size(kLetters)];
    return text;
}

std::optional<double> maybe(std::mt19937& random) {
    if (random() % 2 == 0) return std::nullopt;
    return static_cast<double>(random()) / static_cast<double>(random() % 1000 + 1);
}

LatencyFigures random_latency(std::mt19937& random) {
    const auto figure = [&random] { return static_cast<double>(random()) / 7; };
    return {figure(), figure(), figure(), figure(), figure()};
}

Result random_result(std::mt19937& random) {
    Result r;
    r.id = "id/" + random_text(random);
    r.category = random_text(random);
    r.title = random_text(random);
    r.unit = random() % 2 ? "msg/s" : "ns";
    r.higher_is_better = random() % 2 == 0;
    r.series = random_text(random);
    r.x = maybe(random);
    r.note = random_text(random);
    r.no_ceiling = random_text(random);
    r.took_s = maybe(random);
    r.goal = {maybe(random), maybe(random), maybe(random), maybe(random), maybe(random)};
    if (random() % 3) r.audit = Audit{random() % 4 == 0 ? random() % 9 : 0, 0};
    if (random() % 5 == 0) r.failure = "lost " + random_text(random);
    if (r.has_failed()) return r;
    for (size_t n = 1 + random() % 4; n > 0; --n) r.rounds.push_back(static_cast<double>(random()) / 3);
    r.median = r.rounds.front();
    r.min = r.median / 2;
    r.max = r.median * 2;
    r.cpu_us = maybe(random);
    r.peak_mb = maybe(random);
    r.ratio = maybe(random);
    for (size_t n = random() % 3; n > 0; --n) r.ratios.push_back(static_cast<double>(random()) / 3);
    if (random() % 2) r.latency = random_latency(random);
    if (random() % 2) {
        r.ceiling = Ceiling{random_text(random), {1.5, 2.5}, 2, maybe(random), maybe(random), std::nullopt};
        if (random() % 2) r.ceiling->latency = random_latency(random);
    }
    return r;
}

std::string complaint(const std::string& text) {
    try {
        parse_report(text, "last.json");
    } catch (const BadReport& error) {
        return error.what();
    }
    return "";
}

std::string with_result(const std::string& members) {
    return R"({"format": 1, "results": [{"id": "a/b", "category": "a", "title": "t", "unit": "ns", "better": "lower")" +
           members + "}]}";
}

}  // namespace

TEST_CASE("any report is read back as it was written") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int i = 0; i < 200; ++i) {
        Report report{{{"cores", "2"}, {"name", random_text(random)}}, {}};
        for (size_t n = random() % 5; n > 0; --n) report.results.push_back(random_result(random));
        const std::string text = to_json(report).dump(1);
        const Report again = parse_report(text, "again");
        CHECK(to_json(again).dump(1) == text);
        REQUIRE(again.results.size() == report.results.size());
        for (size_t k = 0; k < report.results.size(); ++k) {
            CHECK(again.results[k].has_failed() == report.results[k].has_failed());
            CHECK(again.results[k].rounds == report.results[k].rounds);
            CHECK(again.results[k].ratios == report.results[k].ratios);
            CHECK(again.results[k].title == report.results[k].title);
        }
    }
}

TEST_CASE("a result with anything missing is written and read without a rate") {
    Result r;
    r.id = "a/b";
    r.rounds = {5};
    r.median = 5;
    r.audit = Audit{3, 0};
    const std::string text = to_json(Report{{}, {r}}).dump();
    CHECK(text.find("median") == std::string::npos);
    const Report again = parse_report(text, "x");
    CHECK(again.results[0].has_failed());
    CHECK(again.results[0].audit->missing == 3);
}

TEST_CASE("what is no report is told with its file and its place") {
    CHECK(complaint("{\n \"format\": 1,\n \"results\": [}\n").starts_with("last.json:3: is no JSON"));
    CHECK(complaint("\xff\x1b[2J").find_first_of("\xff\x1b") ==
          std::string::npos);  // nothing that a terminal would obey
    CHECK(complaint("[]") == "last.json: /: expected an object with format, machine and results");
    CHECK(complaint("{}") == "last.json: /format: is missing");
    CHECK(complaint(R"({"format": 2, "results": []})") ==
          "last.json: /format: expected 1, the format that is known here");
    CHECK(complaint(R"({"format": 1})") == "last.json: /results: is missing");
    CHECK(complaint(R"({"format": 1, "results": [1]})") == "last.json: /results/0: expected an object");
    CHECK(complaint(R"({"format": 1, "results": [{"id": 1}]})") == "last.json: /results/0/id: expected text");
    CHECK(complaint(with_result("")) == "last.json: /results/0/rounds: is missing");
    CHECK(complaint(with_result(R"(, "rounds": [1, "2"], "median": 1)")) ==
          "last.json: /results/0/rounds/1: expected a number");
    CHECK(complaint(with_result(R"(, "rounds": [])")) == "last.json: /results/0/rounds: expected one round at least");
    CHECK(complaint(with_result(R"(, "rounds": [1], "median": 1, "ceiling": 4)")) ==
          "last.json: /results/0/ceiling: expected an object");
    CHECK(complaint(with_result(R"(, "rounds": [1], "median": 1, "latency_us": {"p50": 1})")) ==
          "last.json: /results/0/latency_us/p99: is missing");
    CHECK(complaint(with_result(R"(, "audit": {"missing": -1})")) ==
          "last.json: /results/0/audit/missing: expected a count");
    CHECK(complaint(with_result(R"(, "rounds": [1], "median": 1)")) == "");
    CHECK_THROWS_WITH_AS(read_report("/nowhere/last.json"), "/nowhere/last.json: cannot be read", BadReport);
}
