// New bytes for messages: an arena on the host's buffers, and compaction.
//
//     Arena arena(services);
//     char* mine = arena.reserve(n);
//     arena.attach(message);      // message now holds one reference to the arena's buffer; the old one is kept by it
//
// On the shard only.
#pragma once
#include <leat/sdk/flow/message.hpp>
#include <leat/sdk/services.hpp>

#include <cstring>

namespace leat {
inline namespace v1 {

/// Allocates in steps of a block; a block is freed when the last message that points into it is settled.
class Arena {
  public:
    explicit Arena(Services services, size_t block = 64 * 1024) : services_(services), block_(block) {}
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() { close(); }

    /// Memory for one message, aligned for headers. All that one message needs must come from one reserve().
    char* reserve(size_t size) {
        size = (size + 15) & ~size_t{15};
        if (size > left_) open(size);
        char* at = cursor_;
        cursor_ += size;
        left_ -= size;
        return at;
    }

    /// Gives the message a reference to the block of the last reserve(), and its old reference to the block.
    void attach(leat_message& message) {  // hot: per message
        if (message.buffer == buffer_) return;
        if (message.buffer != old_) adopt();
        if ((old_ = message.buffer)) ++old_refs_;
        ++buffer_->refs;
        message.buffer = buffer_;
    }

    /// Drops the arena's own reference: call when idle, so that a block does not outlive its messages for long.
    void close() {
        adopt();
        if (buffer_) leat_buffer_release(buffer_, 1);
        buffer_ = nullptr;
        cursor_ = nullptr;
        left_ = 0;
    }

  private:
    // Hands the references over in runs: neighbours usually share a buffer. Until then they are the arena's own.
    void adopt() {
        if (old_) services_.host->buffer_adopt(buffer_, old_, old_refs_);
        old_ = nullptr;
        old_refs_ = 0;
    }
    void open(size_t at_least) {
        close();
        void* data = nullptr;
        const size_t capacity = at_least > block_ ? at_least : block_;
        buffer_ = services_.host->buffer_new(services_.me, capacity, &data);
        cursor_ = static_cast<char*>(data);
        left_ = capacity;
    }

    Services services_;
    size_t block_;
    leat_buffer* buffer_ = nullptr;
    leat_buffer* old_ = nullptr;  // of the last messages that were attached
    uint32_t old_refs_ = 0;
    char* cursor_ = nullptr;
    size_t left_ = 0;
};

/// Copies bytes. Names and values of headers, keys and topics are short, and a call costs more than their copy.
inline void copy_bytes(char* to, const char* from, size_t n) {  // hot: per message
    if (n > 16) {
        std::memcpy(to, from, n);
    } else if (n >= 8) {
        uint64_t first, last;  // NOLINT: filled at once
        std::memcpy(&first, from, 8);
        std::memcpy(&last, from + n - 8, 8);
        std::memcpy(to, &first, 8);
        std::memcpy(to + n - 8, &last, 8);
    } else if (n >= 4) {
        uint32_t first, last;  // NOLINT: filled at once
        std::memcpy(&first, from, 4);
        std::memcpy(&last, from + n - 4, 4);
        std::memcpy(to, &first, 4);
        std::memcpy(to + n - 4, &last, 4);
    } else if (n > 0) {
        const char first = from[0], middle = from[n / 2], last = from[n - 1];
        to[0] = first;
        to[n / 2] = middle;
        to[n - 1] = last;
    }
}

/// Lays bytes one behind the other into memory that the caller sized.
class Packer {
  public:
    explicit Packer(char* at) : at_(at) {}
    leat_bytes put(leat_bytes from) {
        if (!from.data) return from;
        copy_bytes(at_, from.data, from.size);
        const leat_bytes placed{at_, from.size};
        at_ += from.size;
        return placed;
    }

  private:
    char* at_;
};

/// Moves a message that will be kept for long into a buffer of its own, so that it does not pin a large receive
/// buffer. The message's reference is exchanged.
inline void compact(Services services, leat_message& message) {
    if (!message.buffer || message.ext) return;  // ext may lie in the buffer
    size_t size = message.header_count * sizeof(leat_header) + content_size(message);
    for (uint32_t i = 0; i < message.header_count; ++i) {
        size += message.headers[i].name.size + message.headers[i].value.size;
    }
    if (message.buffer->capacity <= 2 * size + 512) return;  // it is its own already
    void* data = nullptr;
    leat_buffer* own = services.host->buffer_new(services.me, size ? size : 1, &data);
    auto* headers = static_cast<leat_header*>(data);
    Packer packer(static_cast<char*>(data) + message.header_count * sizeof(leat_header));
    for (uint32_t i = 0; i < message.header_count; ++i) {
        headers[i].name = packer.put(message.headers[i].name);
        headers[i].value = packer.put(message.headers[i].value);
    }
    message.topic = packer.put(message.topic);
    message.key = packer.put(message.key);
    message.payload = packer.put(message.payload);
    if (message.header_count) message.headers = headers;
    leat_buffer* old = message.buffer;
    message.buffer = own;
    leat_buffer_release(old, 1);
}

}  // namespace v1
}  // namespace leat
