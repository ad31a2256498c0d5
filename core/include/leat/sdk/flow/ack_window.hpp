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
#include <leat/sdk/flow/bit_ring.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace leat {
inline namespace v1 {

class AckWindow {
  public:
    /// capacity  the most that may be above the watermark; an overrun aborts, in every build.
    /// first     the first sequence number.
    explicit AckWindow(uint64_t capacity, uint64_t first = 0)
        : capacity_(capacity), bits_(capacity), next_(first), watermark_(first) {}

    /// The next sequence number.
    uint64_t add() {  // hot: per message
        if (next_ - watermark_ >= capacity_) overrun();
        return next_++;
    }

    /// The next n, counted from the first.
    uint64_t add(uint64_t n) {  // hot: per batch
        if (n > capacity_ - (next_ - watermark_)) overrun();
        next_ += n;
        return next_ - n;
    }

    /// Marks one as settled and moves the watermark. False: it is not in flight (stale, or a second settlement).
    bool settle(uint64_t sequence) { return settle(sequence, 1); }  // hot: per message

    /// The same for n >= 1 neighbours at once. False: one of them at least is not in flight; nothing was changed.
    bool settle(uint64_t first, uint64_t n) {  // hot: per run
        const uint64_t offset = first - watermark_, span = next_ - watermark_;
        if (offset >= span || n > span - offset) return false;  // unsigned: also what lies below the watermark
        if (offset > 0 || ahead_ > 0) [[unlikely]]
            return settle_out_of_order(first, n);
        watermark_ += n;  // in order, as most are: no bit is ever set
        return true;
    }

    /// Whether it has been settled, or lies below the watermark.
    bool is_settled(uint64_t sequence) const {
        if (sequence >= next_) return false;
        if (sequence < watermark_) return true;
        return bits_.test(sequence);
    }

    /// Empties the window: what is unsettled will be recognised as stale. The next number goes on from where it was.
    void reset() {
        bits_.clear_all();
        watermark_ = next_;
        ahead_ = 0;
    }

    uint64_t watermark() const { return watermark_; }  ///< all below are settled
    uint64_t next() const { return next_; }
    uint64_t span() const { return next_ - watermark_; }
    uint64_t capacity() const { return capacity_; }

  private:
    // Out of line: it would make settle() save registers for it.
    [[gnu::noinline]] bool settle_out_of_order(uint64_t first, uint64_t n) {
        if (!bits_.is_clear(first, n)) return false;
        bits_.set(first, n);
        ahead_ += n;
        if (first != watermark_) return true;
        const uint64_t run = bits_.run(watermark_, next_ - watermark_);
        bits_.clear(watermark_, run);
        watermark_ += run;
        ahead_ -= run;
        return true;
    }

    [[noreturn]] void overrun() const {
        std::fprintf(stderr, "leat: AckWindow overrun: more than %llu in flight; the source emitted without credit\n",
                     static_cast<unsigned long long>(capacity_));
        std::abort();
    }

    uint64_t capacity_;
    BitRing bits_;
    uint64_t next_;
    uint64_t watermark_;
    uint64_t ahead_ = 0;  // bits that are set: settled, above the watermark
};

}  // namespace v1
}  // namespace leat
