// One assigned partition: its queue, the messages of it that are in flight, and the offset that may be committed.
//
//     partition.fetch(pool, on_error);                    // when it has nothing ready
//     size_t n = partition.ready(batch, LEAT_BATCH_MAX);  // by credit; then Source::emit(partition.window(), batch,
//     n) int64_t offset = partition.commit_offset();         // last landed + 1
//
// On the shard.
#pragma once
#include <librdkafka/rdkafka.h>
#include <leat/sdk/flow/redelivery.hpp>

#include <deque>
#include <string>

#include "consumer/arrivals.hpp"
#include "consumer/fetched.hpp"
#include "properties.hpp"

namespace kafka {

class Partition {
  public:
    enum class State {
        resolving,  ///< assigned by the group; its start position is being found out
        reading,
        revoking,  ///< to be handed on; what is in flight may still land
        failed,    ///< a record of it cannot be read; the source fails
    };

    /// serial  differs for each assignment, also of the same partition.
    Partition(rd_kafka_t* client, std::string topic, int32_t number, leat::InFlight& window, uint64_t serial,
              Arrivals& arrivals);
    ~Partition();
    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;

    const std::string& topic() const { return topic_; }
    int32_t number() const { return number_; }
    std::string name() const { return topic_ + "/" + std::to_string(number_); }
    uint32_t lane() const { return lane_; }
    uint64_t serial() const { return serial_; }
    leat::InFlight& window() const { return window_; }

    State state = State::resolving;
    bool may_have_more = true;  ///< its queue was not seen empty since the last wake-up
    int64_t last_fetch_ns = 0;  ///< when something was read last, or reading began
    int64_t start_offset = -1;  ///< where reading began
    uint64_t committed = 0;     ///< sequence number: everything below is committed
    uint64_t committing = 0;    ///< the same of the commit under way; without one: committed
    bool is_behind = false;     ///< the watchdog saw something to read last time

    /// Takes a batch out of the queue, if none waits to be emitted.
    template <class Failed>
    bool fetch(FetchedPool& pool, Failed&& failed) {
        if (fetched_) return true;
        fetched_ = pool.take(queue_, fetch_size_, failed);
        if (!fetched_) return may_have_more = false;
        begin_batch();
        return true;
    }
    bool has_ready() const { return fetched_ != nullptr; }
    /// About half of what librdkafka fetches ahead has been taken since the last time this was true.
    bool has_taken_much(const Ahead& ahead) {
        if (taken_messages_ < ahead.messages / 2 && taken_bytes_ < ahead.bytes / 2) return false;
        taken_messages_ = 0;
        taken_bytes_ = 0;
        return true;
    }
    /// Fills in the next messages that credit admits, at most `most`, each with its reference.   // hot
    size_t ready(leat_message* batch, size_t most);

    /// Sequence number below which everything has landed.
    uint64_t landed() const { return window_.watermark(); }
    bool is_drained() const { return window_.next() == window_.watermark(); }
    /// The offset to commit for landed(): that of the last landed message + 1. Only with landed() > committed.
    int64_t commit_offset();
    /// The offset behind the last message taken.
    int64_t next_offset() const { return next_offset_; }

  private:
    // Messages `sequence`, `sequence` + 1, ... have the offsets `offset`, `offset` + 1, ...; offsets have gaps where
    // records were compacted away or belong to transactions.
    struct Run {
        uint64_t sequence;
        int64_t offset;
    };
    void begin_batch();

    std::string topic_;
    int32_t number_;
    uint32_t lane_;
    uint64_t serial_;
    leat::InFlight& window_;
    rd_kafka_queue_t* queue_;
    Arrivals::Mark mark_;
    Fetched* fetched_ = nullptr;
    size_t cursor_ = 0;         // next record of fetched_
    size_t header_cursor_ = 0;  // next header of fetched_
    size_t fetch_size_ = LEAT_BATCH_MAX;
    int64_t next_offset_ = -1;
    size_t taken_messages_ = 0;
    size_t taken_bytes_ = 0;
    std::deque<Run> runs_;
};

}  // namespace kafka
