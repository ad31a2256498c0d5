// Durations in logarithmic buckets: 16 for each power of two, so a percentile is right within 6.25 %.
//
//     histogram.record(1500);                      // ns
//     auto p99 = histogram.read().percentile(99);  // ns
//
// record by one thread, read by any.
#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace leat::runtime {

constexpr unsigned kSubBits = 4;
constexpr size_t kBuckets = (64 - kSubBits) << kSubBits;

constexpr size_t bucket_of(uint64_t ns) {
    if (ns < (1u << kSubBits)) return static_cast<size_t>(ns);
    const auto top = static_cast<unsigned>(std::bit_width(ns)) - 1;
    const auto sub = (ns >> (top - kSubBits)) & ((1u << kSubBits) - 1);
    return ((static_cast<size_t>(top - kSubBits) + 1) << kSubBits) + static_cast<size_t>(sub);
}

/// The largest duration that falls into the bucket.
constexpr uint64_t bucket_end(size_t bucket) {
    if (bucket < (1u << kSubBits)) return bucket;
    const size_t shift = (bucket >> kSubBits) - 1;
    const uint64_t sub = (bucket & ((1u << kSubBits) - 1)) + (1u << kSubBits);
    return ((sub + 1) << shift) - 1;
}

/// What was counted at one moment; differences of two give an interval.
struct HistogramReading {
    std::vector<uint64_t> counts;
    uint64_t total = 0;

    /// ns; 0 when nothing was recorded.
    uint64_t percentile(double percent) const {
        if (total == 0) return 0;
        const auto wanted = static_cast<uint64_t>(std::llround(static_cast<double>(total) * percent / 100.0));
        uint64_t seen = 0;
        for (size_t i = 0; i < counts.size(); ++i) {
            seen += counts[i];
            if (counts[i] && seen >= wanted) return bucket_end(i);
        }
        return bucket_end(kBuckets - 1);
    }
    void add(const HistogramReading& other) {
        counts.resize(kBuckets);
        for (size_t i = 0; i < other.counts.size(); ++i) counts[i] += other.counts[i];
        total += other.total;
    }
};

}  // namespace leat::runtime

struct leat_histogram {
    std::string name;
    std::string description;
    std::array<std::atomic<uint64_t>, leat::runtime::kBuckets> cells{};

    void record(int64_t ns, uint64_t times) {  // hot: per message
        auto& cell = cells[leat::runtime::bucket_of(ns < 0 ? 0 : static_cast<uint64_t>(ns))];
        cell.store(cell.load(std::memory_order_relaxed) + times, std::memory_order_relaxed);
    }
    leat::runtime::HistogramReading read() const {
        leat::runtime::HistogramReading reading;
        reading.counts.resize(leat::runtime::kBuckets);
        for (size_t i = 0; i < cells.size(); ++i) {
            reading.counts[i] = cells[i].load(std::memory_order_relaxed);
            reading.total += reading.counts[i];
        }
        return reading;
    }
};
