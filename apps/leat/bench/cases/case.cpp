#include "bench/cases/case.hpp"

#include "bench/figures/statistics.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace leat::bench {
namespace {

// With fewer messages in less time the start of the host, 10 ms, would be much of it.
constexpr uint64_t kLeastForCpu = 50'000;
constexpr double kLeastCpuS = 0.2;

// The rounds of one side.
class Rounds {
  public:
    void add(Sample&& sample) {
        values_.push_back(sample.value);
        if (sample.cpu_us) cpu_us_.push_back(*sample.cpu_us);
        if (sample.peak_mb) peak_mb_ = std::max(peak_mb_.value_or(0), *sample.peak_mb);
        if (sample.delays.count()) delays_.push_back(figures_of(sample.delays));
        if (!sample.audit) return;
        Audit& audit = audit_ ? *audit_ : audit_.emplace();
        audit.missing += sample.audit->missing;
        audit.out_of_order += sample.audit->out_of_order;
    }
    const std::vector<double>& values() const { return values_; }
    std::optional<double> cpu_us() const { return cpu_us_.empty() ? std::nullopt : std::optional(median(cpu_us_)); }
    // Each percentile is the median of the rounds': one stall of the machine makes the tail of its round alone.
    std::optional<LatencyFigures> latency() const {
        if (delays_.empty()) return std::nullopt;
        const auto middle = [this](double LatencyFigures::*member) {
            std::vector<double> all;
            for (const LatencyFigures& each : delays_) all.push_back(each.*member);
            return median(all);
        };
        LatencyFigures figures{middle(&LatencyFigures::p50), middle(&LatencyFigures::p90),
                               middle(&LatencyFigures::p99), middle(&LatencyFigures::p999), 0};
        for (const LatencyFigures& each : delays_) figures.max = std::max(figures.max, each.max);
        return figures;
    }
    std::optional<double> peak_mb() const { return peak_mb_; }
    const std::optional<Audit>& audit() const { return audit_; }

  private:
    std::vector<double> values_, cpu_us_;
    std::optional<double> peak_mb_;
    std::vector<LatencyFigures> delays_;  // of each round
    std::optional<Audit> audit_;
};

// Why there is no ceiling; empty: there is.
std::string add_bare(const Case& what, Rounds& bares) {
    try {
        Sample sample = what.bare();
        if (!sample.failure.empty()) return sample.failure;
        bares.add(std::move(sample));
        return "";
    } catch (const std::exception& error) {
        return error.what();
    }
}

}  // namespace

Result frame(const std::string& id, const std::string& title) {
    Result r;
    r.id = id;
    r.category = id.substr(0, id.find('/'));
    r.title = title;
    return r;
}

Result cost_frame(const std::string& id, const std::string& title, const std::string& unit) {
    Result r = frame(id, title);
    r.unit = unit;
    r.higher_is_better = false;
    return r;
}

Result measure(const Case& what, int rounds) {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    Result result = what.frame;
    Rounds ours, bares;
    if (what.most_rounds > 0) rounds = std::min(rounds, what.most_rounds);
    for (int i = 0; i < rounds; ++i) {
        const auto take_ceiling = [&] {
            if (what.bare && result.no_ceiling.empty()) result.no_ceiling = add_bare(what, bares);
        };
        const bool is_ceiling_first = i % 2 == 1;  // so that neither is always the one behind
        if (is_ceiling_first) take_ceiling();
        Sample sample = what.run();
        result.failure = sample.failure;
        ours.add(std::move(sample));
        if (!result.failure.empty() || (ours.audit() && !ours.audit()->is_clean())) break;
        if (!is_ceiling_first) take_ceiling();
    }
    result.took_s = std::chrono::duration<double>(Clock::now() - begin).count();
    result.rounds = ours.values();
    result.cpu_us = ours.cpu_us();
    result.peak_mb = ours.peak_mb();
    result.latency = ours.latency();
    result.audit = ours.audit();
    sum_up(result);
    if (result.has_failed()) {
        result.rounds.clear();
        return result;
    }
    if (!what.bare || !result.no_ceiling.empty()) return result;
    result.ceiling = Ceiling{what.ceiling,   bares.values(),  median(bares.values()),
                             bares.cpu_us(), bares.peak_mb(), bares.latency()};
    compare(result);
    return result;
}

Sample rate_of(const Observed& seen, uint64_t messages, uint64_t expected, double (Observed::*time)() const) {
    Sample sample;
    sample.failure = seen.failure;
    if (!sample.failure.empty()) return sample;
    sample.audit = seen.audit(expected);
    if (!sample.audit->is_clean()) return sample;
    const double seconds = (seen.*time)();
    if (seconds <= 0) return sample.failure = "it did not come to its end", sample;
    sample.value = static_cast<double>(messages) / seconds;
    if (messages >= kLeastForCpu || seen.cpu_s >= kLeastCpuS)
        sample.cpu_us = seen.cpu_s * 1e6 / static_cast<double>(messages);
    sample.peak_mb = seen.peak_mb;
    return sample;
}

Sample delay_of(const Observed& seen, uint64_t expected) {
    Sample sample;
    sample.failure = seen.failure;
    if (!sample.failure.empty()) return sample;
    sample.audit = seen.audit(0);
    uint64_t got = seen.delays.count();
    if (seen.received) got = std::min(got, seen.received - seen.repeated);  // what came twice was recorded twice
    sample.audit->missing = expected - std::min(expected, got);
    if (!sample.audit->is_clean()) return sample;
    sample.delays = seen.delays;
    sample.value = static_cast<double>(seen.delays.percentile(50)) / 1000;
    sample.peak_mb = seen.peak_mb;
    return sample;
}

}  // namespace leat::bench
