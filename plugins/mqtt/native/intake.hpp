// Memory to receive into: large buffers that messages slice without copying, filled one behind the other and used
// again when no message points into them any more.
//
//   auto room = intake.room(wanted);  n = read(room.data(), room.size());  intake.filled(n);
//   Bytes unread = intake.unread();  ... packets ...;  intake.consume(packet_size);   // slices hold intake.buffer()
//
// On the shard only. Buffers may outlive the intake: the last reference frees them.
#pragma once

#include <leat/plugin.h>

#include <cstdint>
#include <span>

#include "native/codec/format.hpp"

namespace leat::mqtt {

class Intake {
  public:
    /// block  bytes of one buffer; a larger packet gets a larger buffer of its own.
    explicit Intake(std::size_t block);
    ~Intake();
    Intake(const Intake&) = delete;
    Intake& operator=(const Intake&) = delete;

    /// Free memory behind the unread bytes, so that a packet of `wanted` bytes (0: not known) has its place.
    std::span<std::uint8_t> room(std::size_t wanted);

    /// `n` bytes have been written into room().
    void filled(std::size_t n) { end_ += n; }

    /// What has been received and not consumed; all in buffer().
    [[nodiscard]] Bytes unread() const;

    /// Takes `n` bytes off the front of unread().                                                   // hot: per
    /// message
    void consume(std::size_t n) { begin_ += n; }

    /// Where the bytes of unread() lie, and those consumed since the last room(). Retain it to keep a slice.
    [[nodiscard]] leat_buffer* buffer() const;

    /// A connection has ended: what is unread belongs to nobody.
    void clear() { begin_ = end_; }

    /// Capacities of all buffers that this intake fills or messages point into, in bytes.
    [[nodiscard]] std::uint64_t live_bytes() const;

  private:
    struct Block;
    struct Pool;
    static void release(leat_buffer* buffer);
    Block* take(std::size_t capacity);
    void exchange(std::size_t wanted);

    std::size_t block_size_;
    Pool* pool_;
    Block* current_ = nullptr;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace leat::mqtt
