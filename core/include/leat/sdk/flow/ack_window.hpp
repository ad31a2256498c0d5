// From outcomes in any order to the contiguous watermark below which everything has been settled.
//
//     AckWindow window(1024);
//     uint64_t a = window.add(), b = window.add();   // 0, 1
//     window.settle(b);                              // watermark 0
//     window.settle(a);                              // watermark 2: all below 2 is settled
//
// A bitmap ring; sequence numbers are never used twice, so a stale or second settlement is always recognised.
// On the shard only.
#pragma once
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace leat {
inline namespace v1 {

class AckWindow {
  public:
    /// capacity  the most that may be above the watermark; an overrun aborts, in every build.
    explicit AckWindow(uint64_t capacity)
        : capacity_(capacity), words_(std::bit_ceil((capacity + 63) / 64)), mask_(words_.size() * 64 - 1) {}

    /// The next sequence number, counted from 0.
    uint64_t add() {  // hot: per message
        if (next_ - watermark_ >= capacity_) overrun();
        return next_++;
    }

    /// Marks one as settled and moves the watermark. False: it is not in flight (stale, or a second settlement).
    bool settle(uint64_t sequence) {                                    // hot: per message
        if (sequence - watermark_ >= next_ - watermark_) return false;  // unsigned: also what lies below
        if (sequence == watermark_) {                                   // in order, as most are: no bit is ever set
            ++watermark_;
            if (bit_of(watermark_)) advance();
            return true;
        }
        uint64_t& word = words_[(sequence & mask_) / 64];
        const uint64_t bit = uint64_t{1} << (sequence % 64);
        if (word & bit) return false;
        word |= bit;
        return true;
    }

    /// Whether it has been settled, or lies below the watermark.
    bool is_settled(uint64_t sequence) const {
        if (sequence >= next_) return false;
        if (sequence < watermark_) return true;
        return bit_of(sequence);
    }

    /// Empties the window: what is unsettled will be recognised as stale. The next number goes on from where it was.
    void reset() {
        for (uint64_t& word : words_) word = 0;
        watermark_ = next_;
    }

    uint64_t watermark() const { return watermark_; }  ///< all below are settled
    uint64_t next() const { return next_; }
    uint64_t span() const { return next_ - watermark_; }
    uint64_t capacity() const { return capacity_; }

  private:
    bool bit_of(uint64_t sequence) const { return (words_[(sequence & mask_) / 64] >> (sequence % 64)) & 1; }

    void advance() {
        while (watermark_ < next_) {
            uint64_t& word = words_[(watermark_ & mask_) / 64];
            const auto offset = static_cast<unsigned>(watermark_ % 64);
            const auto run = static_cast<unsigned>(std::countr_one(word >> offset));
            if (run == 0) return;
            const uint64_t ones = run == 64 ? ~uint64_t{0} : ((uint64_t{1} << run) - 1) << offset;
            word &= ~ones;
            watermark_ += run;
        }
    }

    [[noreturn]] void overrun() const {
        std::fprintf(stderr, "leat: AckWindow overrun: more than %llu in flight; the source emitted without credit\n",
                     static_cast<unsigned long long>(capacity_));
        std::abort();
    }

    uint64_t capacity_;
    std::vector<uint64_t> words_;
    uint64_t mask_;
    uint64_t next_ = 0;
    uint64_t watermark_ = 0;
};

}  // namespace v1
}  // namespace leat
