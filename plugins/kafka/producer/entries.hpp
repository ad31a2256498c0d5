// Messages on their way to a broker: each stays in its entry, with its buffer, from its arrival until its report.
//
//     Entry& entry = entries.add();      // as its last user left it: fill it in
//     ...                                // its address is librdkafka's opaque
//     entries.remove(entry);
//
// On the shard, but for what librdkafka's threads read of an entry that the client has.
#pragma once
#include <librdkafka/rdkafka.h>
#include <leat/sdk/flow/message.hpp>
#include <leat/sdk/services.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "producer/topics.hpp"

namespace kafka {

/// One message as a record. Views stay valid until the next one is asked for.
struct Record {
    Topic* topic = nullptr;
    int32_t partition = RD_KAFKA_PARTITION_UA;  ///< UA: by key, else by lane
    leat_bytes key{nullptr, 0};
    int64_t timestamp_ms = 0;  ///< 0: now
};

/// Who gives messages to the producer.
struct Writer {
    /// Says what record a message becomes; false, with the reason, when it cannot be one. Also called again for a
    /// message that is sent again.                                                             // hot: per message
    virtual bool describe(const leat_message& message, Record& record, std::string& why) = 0;
    virtual const leat::Services& host() const = 0;

  protected:
    ~Writer() = default;
};

/// Two cache lines; a landing needs the second alone, which begins within the message, before its buffer and receipt.
struct alignas(64) Entry {
    static constexpr uint64_t kSequenceMask = (uint64_t{1} << 62) - 1;

    leat_message message;
    Writer* writer;          // nullptr: given up; only its buffer is still needed
    uint64_t sequence : 62;  // order of arrival
    uint64_t in_use : 1;     // of the pool
    uint64_t in_client : 1;  // librdkafka has it and will report
};
static_assert(sizeof(Entry) == 128 && offsetof(leat_message, buffer) >= 64 && offsetof(leat_message, lane) >= 64);

/// A pool: entries do not move, and are allocated only when more are on their way than ever before.
class Entries {
  public:
    Entry& add() {  // hot: per message
        if (free_.size() <= kAhead) grow();
        Entry& entry = *free_.back();
        free_.pop_back();
        entry.in_use = true;
        // The last users of these entries are thousands of messages ago: out of the caches by now.
        const Entry* soon = free_[free_.size() - kAhead];
        __builtin_prefetch(soon, 1);
        __builtin_prefetch(reinterpret_cast<const char*>(soon) + 64, 1);
        return entry;
    }

    void remove(Entry& entry) {  // hot: per message
        entry.in_use = false;
        free_.push_back(&entry);
    }

    /// Calls f(entry) for each that is on its way; f may remove it.
    template <class F>
    void for_each(F&& f) {
        for (const auto& chunk : chunks_) {
            for (size_t i = 0; i < kChunk; ++i) {
                if (chunk[i].in_use) f(chunk[i]);
            }
        }
    }

    /// Ahead of landing `opaque`, which librdkafka has just given back.
    static void prefetch(const void* opaque) { __builtin_prefetch(static_cast<const char*>(opaque) + 64, 1); }

  private:
    static constexpr size_t kChunk = 256, kAhead = 8;

    void grow() {
        chunks_.push_back(std::make_unique<Entry[]>(kChunk));
        free_.reserve(chunks_.size() * kChunk);
        // Below those that wait, so that the ones used last go on being used first.
        std::vector<Entry*> fresh;
        for (size_t i = kChunk; i > 0; --i) fresh.push_back(&chunks_.back()[i - 1]);
        free_.insert(free_.begin(), fresh.begin(), fresh.end());
    }

    std::vector<std::unique_ptr<Entry[]>> chunks_;
    std::vector<Entry*> free_;
};

}  // namespace kafka
