// One group consumer of librdkafka with all that lives and ends with it.
//
//     auto consumer = std::make_unique<Consumer>(services, std::move(conf), &woken, this);   // throws: why not
//     rd_kafka_subscribe(consumer->client(), topics);
//     consumer->close(last_offsets, has_joined, [this] { stopped(); });    // leaves the group, off the shard
//
// On the shard.
#pragma once
#include "consumer/commits.hpp"
#include "properties.hpp"
#include "worker.hpp"

namespace kafka {

class Consumer {
  public:
    Consumer(leat::Services services, Conf conf, Wakeup::Call woken, void* arg);
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    rd_kafka_t* client() { return client_; }
    rd_kafka_queue_t* events() { return events_; }
    FetchedPool& pool() { return *pool_; }
    Worker& worker() { return *worker_; }
    Arrivals& arrivals() { return arrivals_; }
    const Ahead& ahead() const { return ahead_; }
    Partitions partitions;

    /// The group has answered at least once. Before that a cooperative consumer must not be closed: librdkafka 2.0.2
    /// aborts the process (its issue 4312).
    bool has_joined = false;

    /// Commits `offsets`, leaves the group and closes; then done() on the shard. Records that are still held keep the
    /// handle alive and are freed when they come back. A client that cannot be closed is left to itself.
    void close(PartitionList offsets, Worker::Job done);

  private:
    leat::Services services_;
    Ahead ahead_;
    rd_kafka_t* client_;
    rd_kafka_queue_t* events_;
    FetchedPool* pool_;
    std::unique_ptr<Worker> worker_;
    std::unique_ptr<Wakeup> wakeup_;
    Arrivals arrivals_;
    bool is_closed_ = false;
};

}  // namespace kafka
