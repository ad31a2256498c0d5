// Things in flight by slot + generation, so that a stale or second settlement is recognised in every build.
//
//     Slots<Entry> slots;
//     uint64_t token = slots.add(entry);
//     if (Entry* e = slots.find(token)) { ...; slots.remove(token); }   // nullptr: stale
//
// References stay valid until remove: the slots live in chunks that never move. On the shard only.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace leat {
inline namespace v1 {

template <class T>
class Slots {
  public:
    /// Takes a slot and returns its token, with the entry as the last user of the slot left it: the caller fills it
    /// in. Allocates only when more are in flight than ever before.
    uint64_t add() { return open().first; }

    /// The same, with the entry.
    std::pair<uint64_t, T*> open() {  // hot: per message
        if (free_.empty()) grow();
        const uint32_t slot = free_.back();
        free_.pop_back();
        if (free_.size() > kAhead) touch(free_[free_.size() - 1 - kAhead]);
        Cell& cell = at(slot);
        cell.used = true;
        ++size_;
        return {(uint64_t{cell.generation} << 32) | slot, &cell.value};
    }

    /// The entry of a token; nullptr when the token is not in flight.
    T* find(uint64_t token) {  // hot: per message
        const auto slot = static_cast<uint32_t>(token);
        if (slot >= chunks_.size() * kChunk) return nullptr;
        Cell& cell = at(slot);
        return cell.used && cell.generation == static_cast<uint32_t>(token >> 32) ? &cell.value : nullptr;
    }

    /// Says that a token will be looked for soon: with many in flight its entry is in no cache any more. Of
    /// settlements: that of batch[i + 8] before that of batch[i] is dealt with.
    void prefetch(uint64_t token) {  // hot: per message
        const auto slot = static_cast<uint32_t>(token);
        if (slot < chunks_.size() * kChunk) touch(slot);
    }

    /// Frees the slot of a token that is in flight; its next user gets another generation.
    void remove(uint64_t token) {  // hot: per message
        const auto slot = static_cast<uint32_t>(token);
        Cell& cell = at(slot);
        cell.used = false;
        ++cell.generation;
        free_.push_back(slot);
        --size_;
    }

    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    /// Calls f(token, entry) for each entry; f may remove the one it is given.
    template <class F>
    void for_each(F&& f) {
        for (size_t slot = 0; slot < chunks_.size() * kChunk; ++slot) {
            Cell& cell = at(slot);
            if (cell.used) f((uint64_t{cell.generation} << 32) | slot, cell.value);
        }
    }

  private:
    static constexpr size_t kChunk = 256;
    static constexpr size_t kAhead = 4;  // how many calls before it is given out a free slot is fetched
    struct Cell {
        T value{};
        uint32_t generation = 1;
        bool used = false;
    };

    void touch(size_t slot) {
        Cell& cell = at(slot);
        __builtin_prefetch(&cell, 1);
        __builtin_prefetch(&cell.used, 1);
    }
    Cell& at(size_t slot) { return (*chunks_[slot / kChunk])[slot % kChunk]; }

    void grow() {
        const size_t first = chunks_.size() * kChunk;
        chunks_.push_back(std::make_unique<std::array<Cell, kChunk>>());
        free_.reserve(first + kChunk);
        for (size_t i = kChunk; i > 0; --i) free_.push_back(static_cast<uint32_t>(first + i - 1));
    }

    std::vector<std::unique_ptr<std::array<Cell, kChunk>>> chunks_;
    std::vector<uint32_t> free_;
    size_t size_ = 0;
};

}  // namespace v1
}  // namespace leat
