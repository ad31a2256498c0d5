// When offsets are committed, and what is confirmed: one commit at a time, for all partitions that have advanced.
//
//     commits.advanced(partition, now);      // maybe now: credit runs low, or somebody waits for it
//     commits.tick(partitions, now);         // by time
//     commits.result(event, partitions);     // RD_KAFKA_EVENT_OFFSET_COMMIT: confirms, so that credit returns
//
// Credit counts from the confirmed commit, because a kill replays from there; so a commit is sent as soon as
// half of the window has landed since the last one was, and after commit_interval at the latest. On the shard.
#pragma once
#include <librdkafka/rdkafka.h>
#include <leat/sdk/services.hpp>

#include <memory>
#include <vector>

#include "consumer/partition.hpp"

namespace kafka {

using Partitions = std::vector<std::unique_ptr<Partition>>;  // in the order of their serial numbers
/// The partition of an assignment; nullptr: it has gone.
Partition* find(const Partitions& all, uint64_t serial);

struct ListDeleter {
    void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter>;
inline PartitionList make_list(size_t capacity = 4) {
    return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(capacity)));
}

class Commits {
  public:
    /// never  ack: never: what has landed counts as confirmed, the broker is told nothing.
    Commits(leat::Services services, int64_t interval_ns, bool never)
        : services_(services), interval_ns_(interval_ns), never_(never) {}

    /// A new client: what was on its way to the old one will not be answered.
    void attach(rd_kafka_t* client, rd_kafka_queue_t* answers);

    /// Something landed. Commits at once when that is due.                             // once per settle batch
    void advanced(Partition& partition, const Partitions& all);
    /// Commits what has landed, whatever the interval.
    void now(const Partitions& all);
    /// Called at least once an interval.
    void tick(const Partitions& all);
    void result(rd_kafka_event_t* event, const Partitions& all);

    /// Since when a commit is unanswered; 0: none is.
    int64_t waiting_since_ns() const { return is_waiting_ ? sent_ns_ : 0; }
    /// Landed and not confirmed, as a list to commit; nullptr: nothing.
    PartitionList outstanding(const Partitions& all) const;

  private:
    struct Sent {
        uint64_t serial;    // of the partition's assignment
        uint64_t sequence;  // everything below
    };

    leat::Services services_;
    int64_t interval_ns_;
    bool never_;
    rd_kafka_t* client_ = nullptr;
    rd_kafka_queue_t* answers_ = nullptr;
    bool is_waiting_ = false;
    bool is_wanted_ = false;  // as soon as the one under way is answered
    int64_t sent_ns_ = 0;
    std::vector<Sent> sent_;
};

}  // namespace kafka
