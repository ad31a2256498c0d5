// A ring that grows, and owns next to nothing while it is empty: topics are many and mostly idle.
//
//     Queue<Span> log;
//     log.push_back(span);  log[0];  log.pop_front();
//
// Not thread-safe.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace leat::memory {

template <class T>
class Queue {
  public:
    bool empty() const { return size_ == 0; }
    size_t size() const { return size_; }
    T& operator[](size_t i) { return items_[(head_ + i) & (capacity_ - 1)]; }
    const T& operator[](size_t i) const { return items_[(head_ + i) & (capacity_ - 1)]; }
    T& front() { return (*this)[0]; }
    const T& front() const { return (*this)[0]; }

    T& push_back(T item) {
        if (size_ == capacity_) grow();
        T& place = (*this)[size_++];
        return place = std::move(item);
    }
    void push_front(T item) {
        if (size_ == capacity_) grow();
        head_ = (head_ - 1) & (capacity_ - 1);
        ++size_;
        front() = std::move(item);
    }
    void pop_front() {
        front() = T{};
        head_ = (head_ + 1) & (capacity_ - 1);
        if (--size_ == 0 && capacity_ > kKept) clear();
    }
    void clear() {
        items_.reset();
        head_ = size_ = capacity_ = 0;
    }

  private:
    static constexpr uint32_t kFirst = 2, kKept = 16;

    void grow() {
        const uint32_t more = capacity_ ? 2 * capacity_ : kFirst;
        auto larger = std::make_unique<T[]>(more);
        for (uint32_t i = 0; i < size_; ++i) larger[i] = std::move((*this)[i]);
        items_ = std::move(larger);
        head_ = 0;
        capacity_ = more;
    }

    std::unique_ptr<T[]> items_;
    uint32_t head_ = 0, size_ = 0, capacity_ = 0;  // capacity: a power of two, or 0
};

}  // namespace leat::memory
