// Deliveries on their way to the shard: messages with their bytes, in a piece of memory that they share.
//
//   Block* block = pool->take(size);          // on the thread of the connection
//   char* at = block->reserve(n);
//   block->lend();                            // complete: one reference for each message
//   ... on the shard: emit block->messages; the last release gives it back to the pool
//
// Filled by the thread, then the shard's alone.
#pragma once

#include <leat/plugin.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace leat::rabbitmq {

class BlockPool;

struct Block : leat_buffer {
    Block(std::size_t bytes, std::uint32_t most)
        : leat_buffer{}, memory(new char[bytes]), messages(new leat_message[most]), size(bytes), most_messages(most) {
        capacity = bytes + most * sizeof(leat_message);
    }

    /// Memory for one message, aligned for headers; nullptr: it does not fit any more.
    char* reserve(std::size_t bytes) {
        const std::size_t at = (used + 15) & ~std::size_t{15};
        if (at + bytes > size) return nullptr;
        used = at + bytes;
        return memory.get() + at;
    }
    [[nodiscard]] bool is_full() const { return count == most_messages; }
    void lend() { refs = count; }

    std::unique_ptr<char[]> memory;
    std::unique_ptr<leat_message[]> messages;
    std::size_t size;
    std::uint32_t most_messages;
    std::uint32_t count = 0;    ///< of messages
    std::uint32_t emitted = 0;  ///< of these; the shard's
    std::size_t used = 0;
    std::uint64_t generation = 0;     ///< of the connection
    bool is_held = false;             ///< counted by BlockPool::held_bytes
    std::shared_ptr<BlockPool> pool;  ///< while it is out
};

/// Keeps blocks for their next use. Any thread, but for hold() and held_bytes().
class BlockPool : public std::enable_shared_from_this<BlockPool> {
  public:
    /// Two sizes: a message that comes alone must not pin a block for hundreds.
    enum class Kind : std::size_t { small, large };

    /// A block of that kind, or a larger one where `at_least` bytes do not fit.
    Block* take(Kind kind, std::size_t at_least);
    void put(Block* block);

    /// Counts the block's memory until it comes back. On the shard, which is also where such a block comes back.
    std::uint64_t hold(Block& block) {
        block.is_held = true;
        return held_ += block.capacity;
    }
    [[nodiscard]] std::uint64_t held_bytes() const { return held_; }

  private:
    struct Shape {
        std::size_t bytes;
        std::uint32_t messages;
        std::size_t kept;  // for their next use, at most
    };
    static constexpr Shape kShapes[2] = {{4 * 1024, 16, 128}, {64 * 1024, LEAT_BATCH_MAX, 32}};

    std::mutex mutex_;
    std::vector<std::unique_ptr<Block>> free_[2];
    std::uint64_t held_ = 0;  // the shard's
};

inline Block* BlockPool::take(Kind kind, std::size_t at_least) {
    if (at_least > kShapes[0].bytes) kind = Kind::large;
    const Shape& shape = kShapes[static_cast<std::size_t>(kind)];
    std::unique_ptr<Block> block;
    if (at_least <= shape.bytes) {
        const std::lock_guard lock(mutex_);
        auto& free = free_[static_cast<std::size_t>(kind)];
        if (!free.empty()) {
            block = std::move(free.back());
            free.pop_back();
        }
    }
    const bool is_oversize = at_least > shape.bytes;  // for one message and what little follows it
    if (!block)
        block = std::make_unique<Block>(std::max(at_least, shape.bytes),
                                        is_oversize ? kShapes[0].messages : shape.messages);
    block->used = 0;
    block->count = 0;
    block->emitted = 0;
    block->pool = shared_from_this();
    block->release = [](leat_buffer* self) {
        auto* const done = static_cast<Block*>(self);
        const std::shared_ptr<BlockPool> owner = std::move(done->pool);
        owner->put(done);
    };
    return block.release();
}

inline void BlockPool::put(Block* block) {
    std::unique_ptr<Block> done(block);
    done->pool.reset();
    if (std::exchange(done->is_held, false)) held_ -= done->capacity;
    const std::lock_guard lock(mutex_);
    for (std::size_t kind = 0; kind < 2; ++kind) {
        if (done->size == kShapes[kind].bytes && free_[kind].size() < kShapes[kind].kept) {
            free_[kind].push_back(std::move(done));
            return;
        }
    }
}

}  // namespace leat::rabbitmq
