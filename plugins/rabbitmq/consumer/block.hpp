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

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace leat::rabbitmq {

class BlockPool;

struct Block : leat_buffer {
    explicit Block(std::size_t bytes) : leat_buffer{}, memory(new char[bytes]), size(bytes) {}

    /// Memory for one message, aligned for headers; nullptr: it does not fit any more.
    char* reserve(std::size_t bytes) {
        const std::size_t at = (used + 15) & ~std::size_t{15};
        if (at + bytes > size) return nullptr;
        used = at + bytes;
        return memory.get() + at;
    }
    [[nodiscard]] bool is_full() const { return count == LEAT_BATCH_MAX; }
    void lend() { refs = count; }

    std::unique_ptr<char[]> memory;
    std::size_t size;
    std::size_t used = 0;
    std::uint32_t count = 0;          ///< of messages
    std::uint32_t emitted = 0;        ///< of these; the shard's
    std::uint64_t generation = 0;     ///< of the connection
    bool is_held = false;             ///< counted by BlockPool::held_bytes
    std::shared_ptr<BlockPool> pool;  ///< while it is out
    leat_message messages[LEAT_BATCH_MAX];
};

/// Keeps blocks for their next use. Any thread, but for hold() and held_bytes().
class BlockPool : public std::enable_shared_from_this<BlockPool> {
  public:
    static constexpr std::size_t kBlock = 64 * 1024;
    static constexpr std::size_t kKept = 32;

    Block* take(std::size_t at_least);
    void put(Block* block);

    /// Counts the block's memory until it comes back. On the shard, which is also where such a block comes back.
    std::uint64_t hold(Block& block) {
        block.is_held = true;
        return held_ += block.size;
    }
    [[nodiscard]] std::uint64_t held_bytes() const { return held_; }

  private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<Block>> free_;
    std::uint64_t held_ = 0;  // the shard's
};

inline Block* BlockPool::take(std::size_t at_least) {
    std::unique_ptr<Block> block;
    if (at_least <= kBlock) {
        const std::lock_guard lock(mutex_);
        if (!free_.empty()) {
            block = std::move(free_.back());
            free_.pop_back();
        }
    }
    if (!block) block = std::make_unique<Block>(at_least > kBlock ? at_least : kBlock);
    block->capacity = block->size;
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
    if (std::exchange(done->is_held, false)) held_ -= done->size;
    const std::lock_guard lock(mutex_);
    if (done->size == kBlock && free_.size() < kKept) free_.push_back(std::move(done));
}

}  // namespace leat::rabbitmq
