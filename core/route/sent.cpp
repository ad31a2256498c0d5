#include "route/sent.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace leat::route {

uint64_t Sent::reserve(size_t n) {
    // Where nothing is in flight the ring begins anew: the memory of the last messages is still in the cache.
    if (in_flight_ == 0) start_anew();
    if (next_ - tail_ + n > ring_.capacity()) make_room(n);
    return next_;
}

void Sent::open(size_t n, leat_settler* above, int64_t now_ns, bool alike) {
    in_ring_.set(next_, n);
    together_.push_back({next_, above, now_ns, static_cast<uint32_t>(n), alike});
    next_ += n;
    in_flight_ += n;
}

void Sent::start_anew() {
    tail_ = next_;
    ring_.begin_anew(next_);
    together_.clear();
}

void Sent::make_room(size_t n) {
    pass_ended();
    if (next_ - tail_ + n <= ring_.capacity()) return;
    // Mostly empty: a few have stayed while the others passed.
    const size_t in_ring = in_flight_ - stragglers_.size();
    if ((in_ring + n) * 4 <= ring_.capacity()) {
        move_stragglers(tail_ + ring_.capacity() / 2);
        pass_ended();
    }
    if (next_ - tail_ + n > ring_.capacity()) grow(static_cast<size_t>(next_ - tail_) + n);
}

void Sent::pass_ended() {
    tail_ += in_ring_.gap(tail_, next_ - tail_);
    while (!together_.empty() && together_.front().end() <= tail_) together_.pop_front();
}

void Sent::move_stragglers(uint64_t below) {
    for (; tail_ < std::min(below, next_); ++tail_) {
        if (!in_ring_.test(tail_)) continue;
        const Together& pushed = together(tail_);
        stragglers_.emplace(tail_, Straggler{at(tail_), pushed.above, pushed.time_ns});
        in_ring_.clear(tail_);
    }
}

void Sent::grow(size_t needed) {
    ring_.grow(needed, tail_, next_);
    BitRing in_larger(ring_.capacity());
    for (uint64_t token = tail_; token < next_; ++token) {
        if (in_ring_.test(token)) in_larger.set(token);
    }
    std::swap(in_ring_, in_larger);
}

void Sent::end(uint64_t token) {  // hot: per message
    --in_flight_;
    if (token >= tail_) {
        in_ring_.clear(token);
    } else {
        stragglers_.erase(token);
    }
}

Sent::Found Sent::find_straggler(uint64_t token) const {
    if (stragglers_.empty()) return {};
    const auto found = stragglers_.find(token);
    if (found == stragglers_.end()) return {};
    return {&found->second.cell, found->second.above, found->second.time_ns};
}

const Sent::Together& Sent::together(uint64_t token) const {
    if (token < together_.front().end()) return together_.front();
    const auto* behind = std::upper_bound(together_.begin(), together_.end(), token,
                                          [](uint64_t number, const Together& t) { return number < t.begin; });
    return *std::prev(behind);
}

}  // namespace leat::route
