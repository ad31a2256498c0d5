// The messages below a policy, in the order in which they went down: neighbours lie side by side, so that a batch of
// outcomes walks forwards through memory.
//
//     const uint64_t first = sent.reserve(n);   // cells for n, numbered from `first` on
//     sent.at(first).kept.keep(message);        // each is to be filled, its token too
//     sent.open(n, settler, now, false);
//     if (const Sent::Found found = sent.find(token)) { ...; sent.end(token); }   // false: stale
//
// A ring by number; numbers are never used twice, so a stale or second settlement is always recognised. What stays
// long while others pass moves out of the ring's way, so memory follows what is in flight. On the shard only.
#pragma once
#include <leat/sdk/flow/bit_ring.hpp>
#include <leat/sdk/flow/fifo.hpp>
#include <leat/sdk/flow/kept.hpp>
#include <leat/sdk/flow/numbered_ring.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace leat::route {

class Sent {
  public:
    struct Cell {
        Cell() {}  // NOLINT: filled before it is read
        Kept kept;
        uint64_t token;  // of its receipt from above
    };

    /// Makes room for n >= 1 messages; returns the number of the first. Allocates only when more are in flight than
    /// ever before, or when some stay long.
    uint64_t reserve(size_t n);
    /// They go down together, at a time (ns), with receipts of one settler above. alike: their tokens are neighbours,
    /// too, and they share a buffer.
    void open(size_t n, leat_settler* above, int64_t now_ns, bool alike);

    /// The cells of n numbers from `token` on, as far as they lie side by side.
    NumberedRing<Cell>::Row row(uint64_t token, size_t n) { return ring_.row(token, n); }
    /// The cell of one just reserved.
    Cell& at(uint64_t token) { return ring_.at(token); }

    /// One in flight; false: it is not.
    struct Found {
        const Cell* cell = nullptr;
        leat_settler* above = nullptr;
        int64_t time_ns = 0;
        explicit operator bool() const { return cell != nullptr; }
        leat_receipt receipt() const { return {above, cell->token}; }  ///< as it came from above
    };
    Found find(uint64_t token) {  // hot: per message
        if (token - tail_ >= next_ - tail_) return find_straggler(token);
        if (!in_ring_.test(token)) return {};
        const Together& pushed = together(token);
        return {&at(token), pushed.above, pushed.time_ns};
    }

    /// Those that went down together, or some of them, side by side.
    struct Run {
        const Cell* cells = nullptr;
        size_t size = 0;
        leat_settler* above = nullptr;
        bool alike = false;  ///< see open()
        int64_t time_ns = 0;
    };
    /// Of n neighbours, from the first on, those that are in flight and went down together. None are found of what
    /// has moved out of the ring.
    Run run(uint64_t token, size_t n) {  // hot: per run
        if (token - tail_ >= next_ - tail_) return {};
        const Together& pushed = together(token);
        const auto [cells, here] = row(token, std::min<size_t>(n, pushed.end() - token));
        return {cells, in_ring_.run(token, here), pushed.above, pushed.alike, pushed.time_ns};
    }
    /// Ends those of a run; their cells may still be read until the next reserve().
    void end_run(uint64_t token, size_t n) {  // hot: per run
        in_flight_ -= n;
        in_ring_.clear(token, n);
        if (token == tail_) pass_ended();
    }
    /// Ends one in flight.
    void end(uint64_t token);

    uint64_t next() const { return next_; }  ///< the number that the next one will get
    size_t size() const { return in_flight_; }
    bool empty() const { return in_flight_ == 0; }
    size_t capacity() const { return ring_.capacity(); }  ///< cells of memory

    /// Calls f(token, time_ns) for each in flight.
    template <class F>
    void for_each(F&& f) {
        for (const auto& [token, straggler] : stragglers_) f(token, straggler.time_ns);
        for (uint64_t token = tail_; token < next_; ++token) {
            if (in_ring_.test(token)) f(token, together(token).time_ns);
        }
    }

  private:
    struct Together {
        uint64_t begin;  // number of the first
        leat_settler* above;
        int64_t time_ns;
        uint32_t count;
        bool alike;
        uint64_t end() const { return begin + count; }
    };
    struct Straggler {
        Cell cell;
        leat_settler* above = nullptr;
        int64_t time_ns = 0;
    };

    Found find_straggler(uint64_t token) const;
    const Together& together(uint64_t token) const;
    void make_room(size_t n);
    void start_anew();
    void pass_ended();
    void move_stragglers(uint64_t below);
    void grow(size_t needed);

    NumberedRing<Cell> ring_;  // of [tail_, next_)
    uint64_t tail_ = 0;        // below are none in flight but stragglers
    uint64_t next_ = 0;
    BitRing in_ring_;          // which of them have not ended
    size_t in_flight_ = 0;     // stragglers, too
    Fifo<Together> together_;  // of what is in the ring
    std::unordered_map<uint64_t, Straggler> stragglers_;
};

}  // namespace leat::route
