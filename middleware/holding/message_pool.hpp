// Messages that wait, by number, side by side: 112 bytes for each, and none for numbers that are free.
//
//     MessagePool waiting;
//     const uint32_t number = waiting.add(message);
//     leat_message& kept = waiting.at(number);         // stays where it is until taken
//     batch[n++] = waiting.take(number);
//
// Numbers are used again. On the shard.
#pragma once
#include <leat/plugin.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace leat::holding {

class MessagePool {
  public:
    uint32_t add(const leat_message& message) {  // hot: per message
        if (free_ == kNone) grow();
        const uint32_t number = free_;
        leat_message& place = at(number);
        free_ = place.lane;
        place = message;
        ++size_;
        return number;
    }
    leat_message& at(uint32_t number) { return chunks_[number / kChunk][number % kChunk]; }
    /// The message; its number is free.
    leat_message take(uint32_t number) {  // hot: per message
        leat_message& place = at(number);
        const leat_message taken = place;
        if (--size_ == 0 && chunks_.size() > kKept) {
            chunks_.clear();
            free_ = kNone;
        } else {
            place.lane = free_;
            free_ = number;
        }
        return taken;
    }
    size_t size() const { return size_; }

  private:
    static constexpr uint32_t kChunk = 256;
    static constexpr uint32_t kNone = UINT32_MAX;
    static constexpr size_t kKept = 16;  // chunks that stay when all are gone

    void grow() {
        const auto first = static_cast<uint32_t>(chunks_.size()) * kChunk;
        leat_message* chunk = chunks_.emplace_back(std::make_unique_for_overwrite<leat_message[]>(kChunk)).get();
        for (uint32_t i = kChunk; i-- > 0;) {
            chunk[i].lane = free_;
            free_ = first + i;
        }
    }

    std::vector<std::unique_ptr<leat_message[]>> chunks_;
    uint32_t free_ = kNone;  // the first of a chain through `lane`
    size_t size_ = 0;
};

}  // namespace leat::holding
