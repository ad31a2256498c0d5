// The group's assignments: partitions come, their start is resolved and committed, they are read; partitions go, what
// is in flight may land for a while, then they are given up.
//
//     rebalance.event(event);     // RD_KAFKA_EVENT_REBALANCE
//     rebalance.progress();       // in a turn of its own: ends a revocation that has drained, or has had its time
//
// librdkafka waits for our answer to each event before it goes on, and keeps the membership alive meanwhile.
// On the shard.
#pragma once
#include <functional>

#include "consumer/consumer.hpp"

namespace kafka {

class Rebalance {
  public:
    /// What a rebalance does to the source.
    struct Owner {
        virtual leat::InFlight& take_window() = 0;
        /// The partition is gone: what is unsettled of it is stale. May signal downstream.
        virtual void give_back(Partition& partition) = 0;
        /// The assignment is complete, or has shrunk.
        virtual void assignment_changed(size_t partitions) = 0;

      protected:
        ~Owner() = default;
    };
    struct Rules {
        bool latest;        ///< where a group without an offset begins
        bool never_commit;  ///< tell the broker nothing
        int64_t drain_ns;   ///< how long a revoked partition may take to land what is in flight
    };

    Rebalance(leat::Services services, Consumer& consumer, Commits& commits, Owner& owner, Rules rules)
        : services_(services), consumer_(consumer), commits_(commits), owner_(owner), rules_(rules) {}
    ~Rebalance() { services_.cancel(retry_timer_); }

    void event(rd_kafka_event_t* event);
    void progress();
    /// Since when positions could not be resolved; 0: they can. A membership that ended meanwhile shows only so.
    int64_t failing_since_ns() const { return failing_since_ns_; }

  private:
    struct Resolution;
    void assigned(rd_kafka_topic_partition_list_t* list);
    void revoked(rd_kafka_topic_partition_list_t* list);
    void resolve();
    void resolved(const Resolution& resolution);
    void complete_revocation();
    Partition* find(const rd_kafka_topic_partition_t& what);
    void remove(const rd_kafka_topic_partition_list_t& list);
    void report(rd_kafka_error_t* error, const char* what);

    leat::Services services_;
    Consumer& consumer_;
    Commits& commits_;
    Owner& owner_;
    Rules rules_;
    PartitionList coming_;                  // being resolved; the group waits for incremental_assign
    std::shared_ptr<const char> question_;  // gone: nobody waits for the answer of the last resolution
    PartitionList going_;                   // draining; the group waits for incremental_unassign
    int64_t deadline_ns_ = 0;
    uint64_t retry_timer_ = 0;
    uint64_t serial_ = 0;
    size_t found_ = 0;  // where find() begins
    bool has_complained_ = false;
    int64_t failing_since_ns_ = 0;
};

}  // namespace kafka
