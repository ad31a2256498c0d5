// Entries that are reached by numbers which go up: neighbours lie side by side, up to where the ring begins again.
//
//     NumberedRing<Entry> ring;
//     if (end - begin + n > ring.capacity()) ring.grow(end - begin + n, begin, end);   // in use: [begin, end)
//     const auto [entries, here] = ring.row(end, n);   // a loop over them counts a pointer up
//
// The place of each number, found one by one, took a fifth of such a loop's time. On the shard only.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace leat {
inline namespace v1 {

template <class T>
class NumberedRing {
  public:
    /// first  the number at its beginning.
    explicit NumberedRing(uint64_t first = 0) : first_(first) {}

    T& at(uint64_t number) { return entries_[(number - first_) & last_place_]; }  // hot: per message
    const T& at(uint64_t number) const { return entries_[(number - first_) & last_place_]; }

    /// Of n entries from `number` on those that lie side by side.
    struct Row {
        T* entries;
        size_t size;
    };
    Row row(uint64_t number, size_t n) {  // hot: per run
        const uint64_t place = (number - first_) & last_place_;
        return {entries_.data() + place, std::min<size_t>(n, last_place_ + 1 - place)};
    }

    size_t capacity() const { return entries_.size(); }  ///< a power of two, or 0

    /// Nothing is in use: `number` stands at the beginning, whose memory is still in the cache.
    void begin_anew(uint64_t number) { first_ = number; }

    /// Makes room for as many as needed; what is in use, [begin, end), is kept.
    void grow(size_t needed, uint64_t begin, uint64_t end) {
        std::vector<T> larger(std::bit_ceil(std::max(needed, kLeast)));
        for (uint64_t number = begin; number < end; ++number) larger[number - begin] = at(number);
        entries_.swap(larger);
        last_place_ = entries_.size() - 1;
        first_ = begin;
    }

  private:
    static constexpr size_t kLeast = 16;

    std::vector<T> entries_;
    uint64_t last_place_ = 0;
    uint64_t first_;
};

}  // namespace v1
}  // namespace leat
