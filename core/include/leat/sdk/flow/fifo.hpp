// First in, first out, side by side in memory, which stays for the next when it is empty.
//
//     Fifo<Entry> entries;
//     entries.push_back(entry);
//     while (!entries.empty() && entries.front().end <= done) entries.pop_front();
//
// On the shard only.
#pragma once
#include <cstddef>
#include <vector>

namespace leat {
inline namespace v1 {

template <class T>
class Fifo {
  public:
    void push_back(const T& entry) {
        if (all_.size() == all_.capacity() && first_ > all_.size() / 2) make_room();
        all_.push_back(entry);
    }
    void pop_front() {
        if (++first_ == all_.size()) clear();
    }
    void clear() {
        all_.clear();
        first_ = 0;
    }

    bool empty() const { return all_.empty(); }
    size_t size() const { return all_.size() - first_; }
    T& front() { return all_[first_]; }
    const T& front() const { return all_[first_]; }
    T& back() { return all_.back(); }
    const T& back() const { return all_.back(); }
    const T* begin() const { return all_.data() + first_; }
    const T* end() const { return all_.data() + all_.size(); }

  private:
    void make_room() {
        all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }

    std::vector<T> all_;
    size_t first_ = 0;  // those before it have gone
};

}  // namespace v1
}  // namespace leat
