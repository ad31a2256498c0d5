// A queue in one block of memory, indexed by positions that never repeat: an item keeps its position while others
// come and go.
//
//   Ring<int> ring;
//   uint64_t at = ring.push_back(7);    // at == 0
//   ring[at] = 8;
//   ring.pop_front();                   // positions go on: the next push_back gives 1
//
// Grows by doubling when full; then items move, positions stay. On the shard only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace leat::mqtt {

template <class T>
class Ring {
  public:
    [[nodiscard]] std::uint64_t front() const { return front_; }  ///< position of the first item
    [[nodiscard]] std::uint64_t end() const { return end_; }      ///< position that the next item will get
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - front_); }
    [[nodiscard]] bool empty() const { return front_ == end_; }
    [[nodiscard]] bool holds(std::uint64_t position) const { return position - front_ < end_ - front_; }

    /// The item at a position that the ring holds.
    T& operator[](std::uint64_t position) { return slots_[position & (slots_.size() - 1)]; }
    const T& operator[](std::uint64_t position) const { return slots_[position & (slots_.size() - 1)]; }

    std::uint64_t push_back(const T& item) {  // hot: per message
        if (size() == slots_.size()) grow();
        slots_[end_ & (slots_.size() - 1)] = item;
        return end_++;
    }

    void pop_front() { ++front_; }  // hot: per message

    void clear() { front_ = end_; }

  private:
    void grow() {
        std::vector<T> wider(slots_.empty() ? 64 : slots_.size() * 2);
        for (std::uint64_t at = front_; at != end_; ++at)
            wider[at & (wider.size() - 1)] = std::move(slots_[at & (slots_.size() - 1)]);
        slots_ = std::move(wider);
    }

    std::vector<T> slots_;  // a power of two
    std::uint64_t front_ = 0;
    std::uint64_t end_ = 0;
};

}  // namespace leat::mqtt
