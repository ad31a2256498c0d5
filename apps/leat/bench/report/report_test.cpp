#include "bench/report/chart.hpp"
#include "bench/report/goals.hpp"
#include "bench/report/html.hpp"
#include "bench/report/table.hpp"

#include <doctest/doctest.h>

#include "bench/figures/statistics.hpp"

#include <algorithm>
#include <cctype>
#include <random>
#include <string>
#include <vector>

using namespace leat::bench;

namespace {

// Whether each element ends where it must, each attribute is quoted, and each & begins a reference.
std::string fault_of(const std::string& page) {
    std::vector<std::string> open;
    for (size_t at = 0; at < page.size(); ++at) {
        if (page[at] == '&' && page.find(';', at) - at > 6) return "a bare & at " + page.substr(at, 20);
        if (page[at] != '<') continue;
        const size_t end = page.find('>', at);
        if (end == std::string::npos) return "no end of " + page.substr(at, 20);
        std::string tag = page.substr(at + 1, end - at - 1);
        at = end;
        if (tag.starts_with("!DOCTYPE")) continue;
        if (tag.starts_with('/')) {
            if (open.empty() || open.back() != tag.substr(1)) return "unexpected <" + tag + ">";
            open.pop_back();
            continue;
        }
        if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "an attribute of <" + tag + ">";
        const bool is_void = tag.ends_with('/');
        size_t name = 0;
        while (name < tag.size() && (std::isalnum(static_cast<unsigned char>(tag[name])) != 0)) ++name;
        if (name == 0) return "a bare < before " + tag;
        if (!is_void) open.push_back(tag.substr(0, name));
        if (tag == "style") at = page.find("</style", at) - 1;  // as it is, up to its end
    }
    return open.empty() ? "" : "<" + open.back() + "> never ends";
}

Result result(const std::string& id, const std::string& title, std::vector<double> rounds) {
    Result r;
    r.id = id;
    r.category = id.substr(0, id.find('/'));
    r.title = title;
    r.rounds = std::move(rounds);
    sum_up(r);
    return r;
}

Point at(double x, double y) { return {x, {y, y, y}}; }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Report sample() {
    Report report{{{"processor", "A & B <fast>"}}, {}};
    report.results.push_back(result("publish/a", "bars \"quoted\" & <b>bold</b>", {10e6, 11e6, 12e6}));
    report.results.back().ceiling = Ceiling{"a 'bare' loop", {20e6}, 20e6, 0.05, 77.7, LatencyFigures{1, 2, 3, 4, 5}};
    report.results.back().ratio = 0.55;
    report.results.back().latency = LatencyFigures{2, 3, 4, 5, 600};
    report.results.back().goal.ratio = 0.5;
    for (const double x : {1.0, 10.0, 100.0}) {
        report.results.push_back(result("publish/curve/" + std::to_string(x), "point", {1e6 / x}));
        report.results.back().series = "curve <by> x";
        report.results.back().x = x;
    }
    report.results.push_back(result("lost/a", "lost", {5}));
    report.results.back().audit = Audit{7, 2};
    return report;
}

}  // namespace

TEST_CASE("numbers are shown with three digits") {
    CHECK(short_number(0) == "0");
    CHECK(short_number(0.0651) == "0.065");
    CHECK(short_number(1.234) == "1.23");
    CHECK(short_number(41.26) == "41.3");
    CHECK(short_number(9999) == "9999");
    CHECK(short_number(10000) == "10.0 k");
    CHECK(short_number(870123) == "870 k");
    CHECK(short_number(41.2e6) == "41.2 M");
    CHECK(short_number(2e9) == "2.00 G");
    CHECK(short_count(10) == "10");
    CHECK(short_count(0.1) == "0.1");
    CHECK(short_count(1e6) == "1 M");
    CHECK(short_count(2.5e6) == "2.5 M");
    CHECK(short_count(100) == "100");
}

TEST_CASE("the table shows figure, ceiling and ratio, and no rate for what lost anything") {
    const std::string text = table(sample(), nullptr);
    CHECK(has(text, "11.0 M"));
    CHECK(has(text, "20.0 M"));
    CHECK(has(text, "0.55"));
    CHECK(has(text, "goal met"));
    CHECK(has(text, "FAILED: 7 missing, 2 out of order: no rate"));
    CHECK_FALSE(has(text, "5.00"));
}

TEST_CASE("each goal is listed with what was reached, and whether that is enough") {
    Report report{{}, {result("a/1", "near {it}", {100}), result("a/2", "far", {3}), result("a/3", "gone", {1})}};
    report.results[0].goal = {.ratio = 0.95, .cpu_us = 1.4};
    report.results[0].ratio = 0.97;
    report.results[0].ratios = {0.97, 0.9, 1.04};
    report.results[0].cpu_us = 1.31;
    report.results[1].goal.value = 2;
    report.results[1].unit = "{ns}";
    report.results[1].higher_is_better = false;
    report.results[2].goal.ratio = 0.5;
    report.results[2].failure = "lost";
    const auto lines = goal_lines(report);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].wanted == "ratio ≥ 0.95, CPU ≤ 1.40 us");
    CHECK(lines[0].got == "ratio 0.97 (0.90–1.04), CPU 1.31 us");
    CHECK(lines[0].is_met);
    CHECK(lines[0].is_mixed);  // one round of three was below
    CHECK(has(page(report, nullptr, ""), "✓ met<br/><span class=\"note\">not in all rounds</span>"));
    CHECK_FALSE(lines[1].is_mixed);
    CHECK(lines[1].wanted == "≤ 2.00 {ns}");
    CHECK(lines[1].got == "3.00 {ns}");
    CHECK_FALSE(lines[1].is_met);
    CHECK(lines[2].got == "no figure");
    CHECK_FALSE(lines[2].is_met);
    CHECK(has(goals(report), "  met     near {it}"));
    CHECK(has(goals(report), "  MISSED  far"));
    report.results[0].ratio.reset();
    report.results[0].no_ceiling = "its program is not there";
    CHECK(goal_lines(report)[0].got == "CPU 1.31 us, no ceiling: its program is not there");
    CHECK_FALSE(goal_lines(report)[0].is_judged);
    CHECK(has(goals(report), "  not judged  near {it}"));
    const std::string html = page(report, nullptr, "");
    CHECK(has(html, "not judged"));
    CHECK(html.find(">far</a>") < html.find("✓ met"));  // what is missed comes first
    CHECK(has(html, "✗ missed"));
    CHECK(has(html, "<a href=\"#a/2\">far</a>"));
    CHECK(has(html, "<tr id=\"a/2\">"));
    CHECK(goals({{}, {result("a/1", "no goal", {1})}}).empty());
}

TEST_CASE("changes beyond the spread are marked, others are not") {
    Report now{{}, {result("a/1", "slower", {50, 51}), result("a/2", "same", {100, 120}), result("a/3", "new", {1})}};
    const Report before{{}, {result("a/1", "slower", {100, 101}), result("a/2", "same", {110, 115})}};
    const std::string text = table(now, &before);
    CHECK(has(text, "REGRESSED -50 %"));
    CHECK_FALSE(has(text, "improved"));
    CHECK_FALSE(has(page(now, nullptr, ""), "id=\"changes\""));
    const std::string html = page(now, &before, "before.json");
    CHECK(has(html, "regressed -49.8 %"));
    CHECK(has(html, "within the spread"));
    CHECK(
        has(html,
            "Beside before.json; <span class=\"\">0 improved</span>; <span class=\"bad\">1 regressed</span>; 1 new"));
    CHECK(has(html, "<h2 id=\"changes\">"));
    CHECK_FALSE(has(html, "measured elsewhere"));
}

TEST_CASE("figures of another machine are told to be so") {
    const Report now{{{"cores", "2"}, {"kernel", "6 & up"}, {"date", "today"}}, {}};
    const Report before{{{"cores", "64"}, {"kernel", "5"}, {"date", "yesterday"}, {"gone", "x"}}, {}};
    CHECK(machine_changes(now, before) == "cores 64, now 2; kernel 5, now 6 & up");
    CHECK(machine_changes(now, now).empty());
    CHECK(has(page(now, &before, "b"), "measured elsewhere: cores 64, now 2; kernel 5, now 6 &amp; up"));
}

TEST_CASE("each figure stands with its spread, its ceiling's CPU and memory, and no more columns than are filled") {
    Report report = sample();
    report.results[0].cpu_us = 0.04;
    report.results[0].peak_mb = 88.8;
    const std::string html = page(report, nullptr, "");
    CHECK(has(html, "10.0 M – 12.0 M"));
    CHECK(has(html, "<td class=\"figure\">0.040<br/><span class=\"note\">0.050</span></td>"));
    CHECK(has(html, "<td class=\"figure\">88.8<br/><span class=\"note\">77.7</span></td>"));
    CHECK(has(html, "one round"));
    CHECK_FALSE(has(html, ">change</th>"));
    CHECK_FALSE(has(page({{}, {result("a/1", "one", {1, 2})}}, nullptr, ""), "peak MB"));
}

TEST_CASE("the page is well-formed, escapes what it is given and needs nothing else") {
    const std::string html = page(sample(), nullptr, "");
    CHECK(fault_of(html) == "");
    CHECK(has(html, "A &amp; B &lt;fast&gt;"));
    CHECK(has(html, "bars &quot;quoted&quot; &amp; &lt;b&gt;bold&lt;/b&gt;"));
    CHECK(has(html, "failed: 7 missing, 2 out of order: no rate"));
    CHECK_FALSE(has(html, "<script"));
    CHECK_FALSE(has(html, "src="));
    for (size_t at = 0; (at = html.find("href=\"", at)) != std::string::npos; ++at) CHECK(html[at + 6] == '#');
    CHECK(has(page(sample(), nullptr, "", "flames/a&b.html"), "href=\"flames/a&amp;b.html\""));
    CHECK_FALSE(has(html, "nan"));
    CHECK_FALSE(has(html, "inf\""));
}

TEST_CASE("a page is well-formed whatever the texts and figures are") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto text = [&random] {
        std::string s;
        for (size_t n = random() % 30; n > 0; --n) s += static_cast<char>(random() % 256);
        return s;
    };
    for (int i = 0; i < 200; ++i) {
        Report report{{{text(), text()}}, {}};
        for (int k = 0; k < 4; ++k) {
            Result r = result("c/" + text(), text(), {static_cast<double>(random() % 3) * 1e5, 2});
            r.category = random() % 2 ? "c" : text();
            r.note = text();
            r.unit = text();
            if (random() % 2) r.series = text(), r.x = static_cast<double>(random() % 3);
            if (random() % 2) r.latency = LatencyFigures{0, 0, static_cast<double>(random() % 2), 2, 3};
            if (random() % 2) r.ceiling = Ceiling{text(), {}, 0, std::nullopt, std::nullopt, std::nullopt};
            if (random() % 4 == 0) r.failure = "f" + text();
            report.results.push_back(std::move(r));
        }
        CHECK(fault_of(page(report, &report, text())) == "");
    }
}

TEST_CASE("bars are as long as their figures, beside the longest") {
    const std::string svg =
        bar_chart({{"half", {50, 40, 60}, Spread{100, 100, 100}}, {"whole", {100, 100, 100}, std::nullopt}}, "msg/s",
                  "two <bars>");
    CHECK(has(svg, "width=\"210.0\" height=\"11.0\" class=\"ours\""));  // 420 is the longest
    CHECK(has(svg, "width=\"420.0\" height=\"5.0\" class=\"ceiling\""));
    CHECK(has(svg, "width=\"420.0\" height=\"11.0\" class=\"ours\""));
    CHECK(has(svg, "x1=\"168.0\" y1=\"23.5\" x2=\"252.0\""));  // 40 to 60
    CHECK(has(svg, "aria-label=\"two &lt;bars&gt;\""));
    CHECK(bar_chart({}, "ns", "").empty());
    CHECK(bar_chart({{"nothing", {}, std::nullopt}}, "ns", "").empty());
}

TEST_CASE("a curve has its points where their logarithms are, and leaves out what has none") {
    const std::string svg =
        curve_chart({{false, {at(1, 10), at(10, 100), {100, {1000, 500, 1000}}, at(5, 0)}}}, "x", "y", "");
    CHECK(has(svg, "points=\"60.0,212.0 278.0,116.0 496.0,20.0 \""));
    CHECK(has(svg, "<line x1=\"496.0\" y1=\"48.9\" x2=\"496.0\" y2=\"20.0\" class=\"range ours\"/>"));
    CHECK(curve_chart({{false, {}}}, "x", "y", "").empty());
}

TEST_CASE("a curve that begins at nothing has an even axis across") {
    const std::string svg = curve_chart({{false, {at(0, 10), at(4, 100), at(16, 1000)}}}, "stages", "y", "");
    CHECK(has(svg, "points=\"60.0,212.0 169.0,116.0 496.0,20.0 \""));
    CHECK(has(svg, ">16</text>"));
}

TEST_CASE("an axis ends where its values do, at 1, 2 or 5 times a power of ten") {
    const std::string svg = curve_chart({{false, {at(64, 20e6), at(16384, 230e6)}}}, "bytes", "msg/s", "");
    CHECK(has(svg, ">500 M</text>"));
    CHECK(has(svg, ">20 M</text>"));
    CHECK_FALSE(has(svg, ">1 G</text>"));
}

TEST_CASE("an axis spans a factor of ten at least, and is marked across where the points are") {
    const std::string svg = curve_chart({{false, {at(64, 300), at(70, 320), at(16384, 310)}}}, "bytes", "us", "");
    CHECK(has(svg, ">100</text>"));
    CHECK(has(svg, ">1000</text>"));
    CHECK(has(svg, ">64</text>"));
    CHECK_FALSE(has(svg, ">70</text>"));  // no room beside it
    CHECK(has(svg, ">16.4 k</text>"));
}

TEST_CASE("bars of very different lengths stand in charts of their own") {
    Report report{{},
                  {result("a/1", "fast", {40e6}), result("a/2", "slow", {40e3}), result("a/3", "faster", {60e6})}};
    const std::string html = page(report, nullptr, "");
    size_t charts = 0;
    for (size_t at = 0; (at = html.find("<b>msg/s</b>", at)) != std::string::npos; ++at) ++charts;
    CHECK(charts == 2);
    CHECK(fault_of(html) == "");
}
