#include "route/sent.hpp"

#include <algorithm>
#include <bit>

namespace leat::route {

uint64_t Sent::open(size_t n, int64_t now_ns) {
    // Where nothing is in flight the ring begins anew: the memory of the last messages is still in the cache.
    if (in_flight_ == 0) start_anew();
    if (next_ - tail_ + n > ring_.size()) make_room(n);
    const uint64_t first = next_;
    next_ += n;
    in_flight_ += n;
    together_.push_back({first, next_, now_ns});
    return first;
}

void Sent::start_anew() {
    origin_ = tail_ = next_;
    together_.clear();
}

void Sent::make_room(size_t n) {
    pass_ended();
    if (next_ - tail_ + n <= ring_.size()) return;
    // Mostly empty: a few have stayed while the others passed.
    const size_t in_ring = in_flight_ - stragglers_.size();
    if ((in_ring + n) * 4 <= ring_.size()) {
        move_stragglers(tail_ + ring_.size() / 2);
        pass_ended();
    }
    if (next_ - tail_ + n > ring_.size()) grow(static_cast<size_t>(next_ - tail_) + n);
}

void Sent::pass_ended() {
    while (tail_ < next_ && !at(tail_).receipt.settler) ++tail_;
    while (!together_.empty() && together_.front().end <= tail_) together_.pop_front();
}

void Sent::move_stragglers(uint64_t below) {
    for (; tail_ < std::min(below, next_); ++tail_) {
        Cell& cell = at(tail_);
        if (!cell.receipt.settler) continue;
        stragglers_.emplace(tail_, Straggler{cell, time_ns(tail_)});
        cell.receipt.settler = nullptr;
    }
}

void Sent::grow(size_t needed) {
    std::vector<Cell> larger(std::bit_ceil(std::max(needed, kLeast)));
    for (uint64_t token = tail_; token < next_; ++token) larger[token - tail_] = at(token);
    ring_.swap(larger);
    origin_ = tail_;
}

void Sent::end(uint64_t token) {  // hot: per message
    --in_flight_;
    if (token >= tail_) {
        at(token).receipt.settler = nullptr;
    } else {
        stragglers_.erase(token);
    }
}

Sent::Together Sent::together(uint64_t token) const {
    if (token < tail_) {
        const auto found = stragglers_.find(token);
        return {token, token + 1, found == stragglers_.end() ? 0 : found->second.time_ns};
    }
    if (token < together_.front().end) return together_.front();
    const auto behind = std::upper_bound(together_.begin(), together_.end(), token,
                                         [](uint64_t number, const Together& t) { return number < t.begin; });
    return *std::prev(behind);
}

}  // namespace leat::route
