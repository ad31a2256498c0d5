// Messages on their way from one shard to another: copied once, then read where they lie.
//
//     Block* block = Block::pack(topic, lane, messages, n);      // on the writer's shard; one reference
//     leat_buffer* buffer = lend(block, 256);                    // on the reader's shard: takes one reference over
//     batch[i] = block->message(i); batch[i].buffer = buffer;    // 256 references to buffer, without atomics
//
// A block is immutable once stored. Its references are atomic, and taken once for a batch, not for a message.
#pragma once
#include <leat/plugin.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leat::memory {

/// Up to LEAT_BATCH_MAX messages with all the bytes that they point to, in one piece of memory.
class Block {
  public:
    /// Copies n messages: the first, or those whose numbers stand in `chosen`. They get the topic and the lane of
    /// where they will lie.
    static Block* pack(std::string_view topic, uint32_t lane, const leat_message* messages, size_t n,
                       const uint32_t* chosen = nullptr);
    /// When they are stored and until when they are good, ns of the steady clock; 0: for ever. Before they are
    /// shared.
    void date(int64_t stored_ns, int64_t expires_ns) { stored_ns_ = stored_ns, expires_ns_ = expires_ns; }
    /// One message of its own, as it is.
    static Block* pack_one(const leat_message& message);

    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;

    uint32_t count() const { return count_; }
    const leat_message& message(uint32_t i) const { return messages()[i]; }
    size_t capacity() const { return capacity_; }  ///< bytes of memory
    uint64_t content() const { return content_; }  ///< bytes of topics, keys and payloads
    int64_t stored_ns() const { return stored_ns_; }
    int64_t expires_ns() const { return expires_ns_; }

    void retain() { refs_.fetch_add(1, std::memory_order_relaxed); }  ///< [any-thread] that holds a reference
    void release();                                                   ///< [any-thread]

  private:
    Block(uint32_t count, size_t capacity) : count_(count), capacity_(capacity) {}
    ~Block() = default;
    static Block* allocate(size_t n, size_t bytes);
    template <class At>
    static Block* pack_each(std::string_view topic, uint32_t lane, size_t n, At&& at);

    leat_message* messages() { return reinterpret_cast<leat_message*>(this + 1); }
    const leat_message* messages() const { return reinterpret_cast<const leat_message*>(this + 1); }
    char* bytes_begin() { return reinterpret_cast<char*>(messages() + count_); }

    std::atomic<uint32_t> refs_{1};
    uint32_t count_;
    size_t capacity_;
    uint64_t content_ = 0;
    int64_t stored_ns_ = 0, expires_ns_ = 0;
};
static_assert(sizeof(Block) % alignof(leat_message) == 0);

/// A buffer of this shard over a block of any: takes over one reference to the block and begins with `refs`.
leat_buffer* lend(Block* block, uint32_t refs);

}  // namespace leat::memory
