// A queue in one piece of memory that grows and is kept: no allocation per element, unlike std::deque.
//
//     Ring<leat_message> waiting;
//     waiting.push(message);
//     while (!waiting.empty()) use(waiting.pop());
//
// Elements are plain data. References end with the next push. One thread at a time.
#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat::holding {

template <class T>
class Ring {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    bool empty() const { return size_ == 0; }
    size_t size() const { return size_; }
    T& front() { return cells_[first_]; }
    T& operator[](size_t i) { return cells_[(first_ + i) & (cells_.size() - 1)]; }

    void push(const T& value) {  // hot: per message
        if (size_ == cells_.size()) grow();
        (*this)[size_++] = value;
    }
    T pop() {  // hot: per message
        const T value = cells_[first_];
        first_ = (first_ + 1) & (cells_.size() - 1);
        --size_;
        return value;
    }
    /// Removes those for which f is true; the others keep their order.
    template <class F>
    void remove_if(F&& f) {
        size_t kept = 0;
        for (size_t i = 0; i < size_; ++i) {
            if (!f((*this)[i])) (*this)[kept++] = (*this)[i];
        }
        size_ = kept;
    }

  private:
    void grow() {
        std::vector<T> larger(cells_.empty() ? 64 : cells_.size() * 2);
        for (size_t i = 0; i < size_; ++i) larger[i] = (*this)[i];
        cells_ = std::move(larger);
        first_ = 0;
    }

    std::vector<T> cells_;  // a power of two
    size_t first_ = 0;
    size_t size_ = 0;
};

}  // namespace leat::holding
