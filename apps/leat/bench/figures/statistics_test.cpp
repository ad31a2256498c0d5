#include "bench/figures/statistics.hpp"

#include <doctest/doctest.h>

#include "bench/cases/brokers.hpp"
#include "bench/cases/case.hpp"
#include "bench/figures/merge.hpp"

using namespace leat::bench;

namespace {

Result of(std::vector<double> rounds, bool higher_is_better = true) {
    Result r;
    r.rounds = std::move(rounds);
    r.higher_is_better = higher_is_better;
    sum_up(r);
    return r;
}

Result named(const std::string& id, const std::string& category, double median) {
    Result r;
    r.id = id;
    r.category = category;
    r.median = median;
    return r;
}

// A case whose rounds are these samples.
Case made_of(std::vector<Sample> samples) {
    Case c;
    c.run = [samples, i = size_t{0}]() mutable { return samples[i++]; };
    return c;
}

Sample value(double v) {
    Sample sample;
    sample.value = v;
    return sample;
}

}  // namespace

TEST_CASE("the median is the middle round, or the mean of the two in the middle") {
    CHECK(median({}) == 0);
    CHECK(median({3}) == 3);
    CHECK(median({9, 1, 5}) == 5);
    CHECK(median({4, 1, 2, 100}) == 3);
}

TEST_CASE("a ratio is above one where the router is better, whatever the unit") {
    CHECK(ratio_of(50, 100, true) == 0.5);
    CHECK(ratio_of(50, 100, false) == 2);
    CHECK(ratio_of(50, 0, true) == 0);
}

TEST_CASE("a change counts when both spreads are apart and the medians differ by 5 %") {
    CHECK(change_of(of({100, 101, 99}), of({80, 81, 79})) == Change::better);
    CHECK(change_of(of({80, 81, 79}), of({100, 101, 99})) == Change::worse);
    CHECK(change_of(of({80, 81, 79}, false), of({100, 101, 99}, false)) == Change::better);
    CHECK(change_of(of({80, 99, 70}), of({100, 101, 98})) == Change::none);  // they overlap
    CHECK(change_of(of({103, 104}), of({100, 101})) == Change::none);        // apart, but little
    CHECK(change_of(of({80, 81, 79}), of({100})) == Change::none);           // of one round nobody knows the spread
    CHECK(change_of(of({69, 68, 70}), of({100})) == Change::worse);
    Result lost = of({1});
    lost.audit = Audit{1, 0};
    CHECK(change_of(lost, of({100})) == Change::none);
}

TEST_CASE("a goal is met when each of its figures is; a failed result meets none") {
    Result r = of({100});
    CHECK_FALSE(meets_goal(r).has_value());
    r.goal.value = 90;
    CHECK(meets_goal(r) == true);
    r.cpu_us = 2.0;
    r.goal.cpu_us = 1.5;
    CHECK(meets_goal(r) == false);
    r.cpu_us = 1.5;
    CHECK(meets_goal(r) == true);
    r.latency = LatencyFigures{1, 2, 6, 7, 8};
    r.goal.p99_us = 5;
    CHECK(meets_goal(r) == false);
    r.audit = Audit{0, 3};
    CHECK_FALSE(meets_goal(r).has_value());
}

TEST_CASE("a goal whose figure was not measured is not met, and missed only where another figure misses") {
    Result r = of({100});
    r.goal.ratio = 0.95;
    CHECK_FALSE(meets_goal(r).has_value());
    r.goal.value = 90;
    CHECK_FALSE(meets_goal(r).has_value());
    r.goal.value = 110;
    CHECK(meets_goal(r) == false);
    r.goal.value = 90;
    r.ratio = 0.96;
    CHECK(meets_goal(r) == true);
}

TEST_CASE("rounds are summed up, and the ceiling is measured in turns, each round in the other order") {
    Case c = made_of({value(10), value(30), value(20)});
    int turns = 0;
    std::string order;
    c.ceiling = "bare";
    c.run = [&order, run = c.run] { return order += 'l', run(); };
    c.bare = [&order, &turns] { return order += 'b', value(40.0 + ++turns); };
    const Result r = measure(c, 3);
    CHECK(order == "lbbllb");
    CHECK(r.median == 20);
    CHECK(r.min == 10);
    CHECK(r.max == 30);
    REQUIRE(r.ceiling.has_value());
    CHECK(r.ceiling->rounds == std::vector<double>{41, 42, 43});
    REQUIRE(r.ratios.size() == 3);
    CHECK(r.ratios[1] == doctest::Approx(30.0 / 42));
    CHECK(*r.ratio == doctest::Approx(20.0 / 43));
}

TEST_CASE("a ratio is the median of those of rounds that stand side by side: what warms up touches both") {
    Result r = of({50, 100, 200, 400});
    r.ceiling = Ceiling{"bare", {100, 200, 410, 790}, 305, std::nullopt, std::nullopt, std::nullopt};
    compare(r);
    CHECK(r.ratios == std::vector<double>{0.5, 0.5, 200.0 / 410, 400.0 / 790});
    CHECK(*r.ratio == doctest::Approx(0.5));
    r.ceiling->rounds.pop_back();  // a turn that failed has no partner
    compare(r);
    CHECK(r.ratios.size() == 3);
    r.ceiling.reset();
    compare(r);
    CHECK(r.ratios.empty());
}

TEST_CASE("a percentile is the median of the rounds', and the longest delay that of all") {
    std::vector<Sample> samples;
    for (const int64_t tail_us : {20, 9000, 30}) {
        Sample sample = value(1);
        for (int i = 0; i < 98; ++i) sample.delays.record(10'000);
        for (int i = 0; i < 2; ++i) sample.delays.record(tail_us * 1000);
        samples.push_back(sample);
    }
    const Result r = measure(made_of(samples), 3);
    REQUIRE(r.latency.has_value());
    CHECK(r.latency->p50 == doctest::Approx(10).epsilon(0.02));
    CHECK(r.latency->p99 == doctest::Approx(30).epsilon(0.02));
    CHECK(r.latency->max == doctest::Approx(9000).epsilon(0.02));
}

TEST_CASE("a round with anything missing ends the measurement, and there is no rate") {
    Sample lossy = value(50);
    lossy.audit = Audit{2, 0};
    const Result r = measure(made_of({value(10), lossy, value(30)}), 3);
    CHECK(r.has_failed());
    CHECK(r.audit->missing == 2);
    CHECK(r.rounds.empty());
}

TEST_CASE("an audit counts what is missing without what came twice and what bore no stamp") {
    Observed seen;
    seen.received = 110;
    seen.repeated = 15;
    seen.unstamped = 1;
    seen.out_of_order = 4;
    CHECK(seen.audit(100).missing == 6);
    CHECK(seen.audit(100).out_of_order == 4);
    CHECK(seen.audit(90).missing == 0);
    CHECK(rate_of(seen, 100, 100, &Observed::made_s).value == 0);
}

TEST_CASE("a merged result takes the place of its namesake, others stand with their category") {
    Report ours{{{"cores", "2"}}, {named("a/1", "a", 1), named("b/1", "b", 2)}};
    Report theirs{{{"cores", "4"}, {"kafka", "3.7"}},
                  {named("a/2", "a", 3), named("b/1", "b", 4), named("c/1", "c", 5)}};
    merge(ours, std::move(theirs));
    REQUIRE(ours.results.size() == 4);
    CHECK(ours.results[1].id == "a/2");
    CHECK(ours.results[2].median == 4);
    CHECK(ours.results[3].id == "c/1");
    CHECK(ours.machine == Machine{{"cores", "2"}, {"kafka", "3.7"}});
}

TEST_CASE("a broker's address is host and port") {
    CHECK(parse_broker(BrokerKind::mqtt, "mq:1883")->port == 1883);
    CHECK(parse_broker(BrokerKind::mqtt, "[::1]:1883")->host == "[::1]");
    for (const char* wrong : {"", "mq", ":1883", "mq:", "mq:x", "mq:0", "mq:70000", "mq:1 "}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_broker(BrokerKind::kafka, wrong).has_value());
    }
}
