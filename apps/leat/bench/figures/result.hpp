// What was measured, as plain data: what the table, the page and the JSON show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::bench {

/// Microseconds.
struct LatencyFigures {
    double p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;
};

struct Audit {
    uint64_t missing = 0, out_of_order = 0;
    bool is_clean() const { return missing == 0 && out_of_order == 0; }
};

/// The same work without a router, measured in turns with it.
struct Ceiling {
    std::string title;
    std::vector<double> rounds;
    double median = 0;
    std::optional<double> cpu_us, peak_mb;
    std::optional<LatencyFigures> latency;
};

/// What is to be reached; what is absent is not asked for.
struct Goal {
    std::optional<double> ratio = {}, cpu_us = {}, value = {}, p50_us = {}, p99_us = {};
};

struct Result {
    std::string id;        ///< "publish/memory/throughput/256"; the same from run to run
    std::string category;  ///< "publish"
    std::string title;
    std::string unit = "msg/s";
    bool higher_is_better = true;
    std::vector<double> rounds;
    double median = 0, min = 0, max = 0;
    std::optional<double> cpu_us;   ///< CPU time of the whole process, for each message
    std::optional<double> peak_mb;  ///< the most memory that it held
    std::optional<LatencyFigures> latency;
    std::optional<Ceiling> ceiling;
    std::optional<double> ratio;  ///< to the ceiling; 1 is as good, less is worse, whatever the unit
    std::vector<double> ratios;   ///< of each round to the ceiling's turn beside it; `ratio` is their median
    Goal goal;
    std::string series;  ///< a curve: results of one category and series, by x
    std::optional<double> x;
    std::optional<Audit> audit;
    std::optional<double> took_s;  ///< to measure it: all rounds, and those of its ceiling
    std::string note;
    std::string no_ceiling;  ///< why nothing can stand beside it; empty: something does, or should
    std::string failure;     ///< why there is no figure; empty: there is one

    /// A result with anything missing or out of order has no rate.
    bool has_failed() const { return !failure.empty() || (audit && !audit->is_clean()); }
};

/// Name and value, in the order in which they are shown.
using Machine = std::vector<std::pair<std::string, std::string>>;

struct Report {
    Machine machine;
    std::vector<Result> results;
};

}  // namespace leat::bench
