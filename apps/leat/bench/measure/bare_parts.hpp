// What the bare loops are made of: messages as large as those that cross the plugin boundary, made batch by batch,
// and rings that they are copied into. Each loop runs in a process of its own.
//
//     const Run run = run_apart([&](Run& run) { Maker maker(100); run.start(); ... run.moved += n; });
//     return rate(run, messages);
#pragma once

#include "bench/cases/case.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

namespace leat::bench {

inline constexpr size_t kBatch = 256;

struct Settlement {
    uint64_t token;
    uint32_t outcome, code;
    const void* detail;
};

/// Is told which messages have landed.
struct Settler {
    void (*settle)(Settler*, const Settlement*, size_t);
};

/// As large as the message that crosses the plugin boundary, and laid out alike.
struct Message {
    const char* topic;
    size_t topic_size;
    const char* key;
    size_t key_size;
    const char* payload;
    size_t size;
    const void* headers;
    uint32_t header_count, flags;
    int64_t timestamp_ns;
    void* buffer;
    Settler* settler;
    uint64_t token;
    uint32_t lane, attempt;
    const void* more;
};
static_assert(sizeof(Message) == 112);

/// A payload begins with "LEAT", a stream, its number and when it was due, as those of generate do.
inline void stamp(char* at, size_t size, uint64_t number, int64_t due_ns) {  // hot: per message
    const uint32_t stream = 0;
    std::memcpy(at, "LEAT", 4);
    std::memcpy(at + 4, &stream, 4);
    std::memcpy(at + 8, &number, 8);
    std::memcpy(at + 16, &due_ns, 8);
    std::memset(at + 24, '.', size - 24);
}

inline uint64_t number_of(const char* payload) {  // hot: per message
    uint64_t number = 0;
    std::memcpy(&number, payload + 8, 8);
    return number;
}

/// A ring of blocks of messages with their payloads; a batch is copied into one.
class Ring {
  public:
    /// As large as stays in the caches.
    explicit Ring(size_t payload);
    /// So large that it keeps so many messages; its memory is first touched when it is written to.
    Ring(size_t payload, uint64_t messages);

    size_t slots() const { return slots_; }
    Message* block(uint64_t i) { return reinterpret_cast<Message*>(memory_.get() + i % slots_ * block_); }

    void copy(const Message* messages, size_t n, uint64_t to) {  // hot: per message
        Message* const into = block(to);
        char* at = reinterpret_cast<char*>(into + kBatch);
        for (size_t i = 0; i < n; ++i) {
            into[i] = messages[i];
            std::memcpy(at, messages[i].payload, messages[i].size);
            into[i].payload = at;
            at += messages[i].size;
        }
    }

  private:
    size_t block_, slots_;
    std::unique_ptr<char[]> memory_;
};

/// Messages made batch by batch into the same memory.
class Maker {
  public:
    explicit Maker(size_t payload) : payload_(std::max<size_t>(payload, 24)), bytes_(kBatch * payload_) {}

    Message* make(size_t n, uint64_t first, int64_t due_ns) {  // hot: per message
        for (size_t i = 0; i < n; ++i) {
            char* at = bytes_.data() + i * payload_;
            stamp(at, payload_, first + i, due_ns);
            batch_[i].payload = at;
            batch_[i].size = payload_;
            batch_[i].token = first + i;
        }
        return batch_;
    }

  private:
    size_t payload_;
    std::vector<char> bytes_;
    Message batch_[kBatch] = {};
};

struct Run {
    /// Everything is made and touched; now it counts.
    void start();

    double seconds = 0, cpu_s = 0, peak_mb = 0;
    std::chrono::steady_clock::time_point began;
    uint64_t moved = 0;
    std::vector<int64_t> delays;
};

/// Times the work in a process of its own. Throws std::runtime_error when it fails.
Run run_apart(const std::function<void(Run&)>& work);

/// Messages a second, and the CPU of each. Throws std::runtime_error when not all have moved.
Sample rate(const Run& run, uint64_t messages);

}  // namespace leat::bench
