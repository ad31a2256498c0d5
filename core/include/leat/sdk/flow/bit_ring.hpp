// A bit for each of a range of numbers that moves up: a ring, gone through word by word.
//
//     BitRing bits(1000);           // room for 1024 neighbours, from any number on
//     bits.set(first, n);           // those of first, first + 1, ...
//     bits.run(first, n);           // how many of them are set, from the first on
//
// On the shard only.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace leat {
inline namespace v1 {

class BitRing {
  public:
    /// All are clear.
    explicit BitRing(uint64_t least_size = 64)
        : words_(std::bit_ceil((least_size + 63) / 64)), mask_(words_.size() * 64 - 1) {}

    bool test(uint64_t number) const {  // hot: per message
        return (words_[(number & mask_) / 64] >> (number % 64)) & 1;
    }
    void set(uint64_t number) { words_[(number & mask_) / 64] |= uint64_t{1} << (number % 64); }
    void clear(uint64_t number) { words_[(number & mask_) / 64] &= ~(uint64_t{1} << (number % 64)); }

    void set(uint64_t first, uint64_t n) {  // hot: per run
        each_word(first, n, [](uint64_t& word, uint64_t bits) { return word |= bits, true; });
    }
    void clear(uint64_t first, uint64_t n) {  // hot: per run
        each_word(first, n, [](uint64_t& word, uint64_t bits) { return word &= ~bits, true; });
    }
    bool is_clear(uint64_t first, uint64_t n) {  // hot: per run
        return each_word(first, n, [](uint64_t& word, uint64_t bits) { return (word & bits) == 0; });
    }
    void clear_all() {
        for (uint64_t& word : words_) word = 0;
    }

    /// How many of n are set, from the first on.
    uint64_t run(uint64_t first, uint64_t n) const {  // hot: per run
        return run_of(first, n, [](uint64_t word) { return std::countr_one(word); });
    }
    /// How many of n are clear, from the first on.
    uint64_t gap(uint64_t first, uint64_t n) const {
        return run_of(first, n, [](uint64_t word) { return std::countr_zero(word); });
    }

  private:
    // Calls f(word, bits) for the words of n numbers, until it says false.
    template <class F>
    bool each_word(uint64_t first, uint64_t n, F&& f) {
        while (n > 0) {
            const uint64_t offset = first % 64, here = n < 64 - offset ? n : 64 - offset;
            const uint64_t bits = (here == 64 ? ~uint64_t{0} : (uint64_t{1} << here) - 1) << offset;
            if (!f(words_[(first & mask_) / 64], bits)) return false;
            first += here;
            n -= here;
        }
        return true;
    }
    // Sums up what count(word) says of the bits of each word, up to the first that has another.
    template <class F>
    uint64_t run_of(uint64_t first, uint64_t n, F&& count) const {
        uint64_t length = 0;
        while (length < n) {
            const uint64_t at = first + length, offset = at % 64, most = 64 - offset;
            const auto here = static_cast<uint64_t>(count(words_[(at & mask_) / 64] >> offset));
            if (here < most) return length + here < n ? length + here : n;
            length += most;
        }
        return n;
    }

    std::vector<uint64_t> words_;
    uint64_t mask_;
};

}  // namespace v1
}  // namespace leat
