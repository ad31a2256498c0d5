// A queue of elements by number in pieces of memory that come and go with them: what waits takes no more than itself,
// and nothing is moved when there are more than ever before.
//
//     Chunks<Entry> entries;
//     const uint64_t number = entries.push();   // 0, 1, 2, ...
//     entries.at(number) = entry;               // it lies as it was left before
//     entries.pop();                            // the first one
//
// One allocation for kChunk elements. One thread at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace leat::holding {

template <class T>
class Chunks {
  public:
    bool empty() const { return first_ == next_; }
    size_t size() const { return next_ - first_; }
    uint64_t first() const { return first_; }  ///< number of the first
    uint64_t next() const { return next_; }    ///< the number that the next one will get

    /// One more, to be filled in; returns its number.
    uint64_t push() {  // hot: per message
        if (next_ % kChunk == 0) chunks_.push_back(std::make_unique_for_overwrite<T[]>(kChunk));
        return next_++;
    }
    void pop() {  // hot: per message
        if (++first_ % kChunk == 0) chunks_.pop_front();
    }

    T& at(uint64_t number) { return chunks_[number / kChunk - first_ / kChunk][number % kChunk]; }
    T& front() { return chunks_.front()[first_ % kChunk]; }
    const T& front() const { return chunks_.front()[first_ % kChunk]; }
    T& back() { return at(next_ - 1); }

  private:
    static constexpr size_t kChunk = 256;

    std::deque<std::unique_ptr<T[]>> chunks_;
    uint64_t first_ = 0;
    uint64_t next_ = 0;
};

}  // namespace leat::holding
