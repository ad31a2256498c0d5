// Durations in log-linear cells: 128 for each power of two, so a percentile is never below the true one and at most
// 1/128 above it. The largest is kept as it is.
//
//     Histogram h;
//     h.record(1500);        // ns
//     h.percentile(99.9);    // ns
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace leat::bench {

class Histogram {
  public:
    static constexpr unsigned kSubBits = 7;

    /// Negative durations (two clocks that disagree by a hair) count as 0.
    void record(int64_t ns);
    void add(const Histogram& other);

    uint64_t count() const { return count_; }
    int64_t max() const { return max_; }
    /// The least duration that is not exceeded by this share of all; 0 when nothing was recorded.
    int64_t percentile(double percent) const;

    static size_t cell_of(uint64_t ns);
    /// The largest duration of a cell.
    static uint64_t cell_end(size_t cell);

  private:
    std::vector<uint64_t> cells_;
    uint64_t count_ = 0;
    int64_t max_ = 0;
};

}  // namespace leat::bench
