#include "bench/figures/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace leat::bench {

size_t Histogram::cell_of(uint64_t ns) {
    if (ns < (uint64_t{1} << kSubBits)) return static_cast<size_t>(ns);
    const auto shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - kSubBits;
    return (static_cast<size_t>(shift) << kSubBits) + static_cast<size_t>(ns >> shift);
}

uint64_t Histogram::cell_end(size_t cell) {
    constexpr size_t kSub = size_t{1} << kSubBits;
    if (cell < 2 * kSub) return cell;
    const size_t shift = (cell >> kSubBits) - 1;
    return ((uint64_t{(cell & (kSub - 1)) + kSub} + 1) << shift) - 1;
}

void Histogram::record(int64_t ns) {
    const auto value = static_cast<uint64_t>(std::max<int64_t>(ns, 0));
    const size_t cell = cell_of(value);
    if (cell >= cells_.size()) cells_.resize(cell + 1);
    ++cells_[cell];
    ++count_;
    max_ = std::max(max_, static_cast<int64_t>(value));
}

void Histogram::add(const Histogram& other) {
    cells_.resize(std::max(cells_.size(), other.cells_.size()));
    for (size_t i = 0; i < other.cells_.size(); ++i) cells_[i] += other.cells_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
}

int64_t Histogram::percentile(double percent) const {
    if (count_ == 0) return 0;
    const double rank = std::ceil(static_cast<double>(count_) * percent / 100.0);
    const uint64_t wanted = std::clamp<uint64_t>(static_cast<uint64_t>(rank), 1, count_);
    uint64_t seen = 0;
    for (size_t i = 0; i < cells_.size(); ++i) {
        seen += cells_[i];
        if (seen >= wanted) return std::min(static_cast<int64_t>(cell_end(i)), max_);
    }
    return max_;
}

}  // namespace leat::bench
