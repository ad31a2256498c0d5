// One idempotent producer of librdkafka with all that lives and ends with it.
//
//     client = std::make_unique<Client>(services, std::move(conf), &woken, this);   // throws: why not
//     if (auto error = client->produce(entry, record)) ...                          // else a report will come
//     client->end(worker, [this] { stopped(); });                                   // all is reported; off the shard
//
// On the shard.
#pragma once
#include "producer/entries.hpp"
#include "properties.hpp"
#include "wakeup.hpp"

namespace kafka {

class Client {
  public:
    Client(leat::Services services, Conf conf, Wakeup::Call woken, void* arg);
    /// What has not been ended is left to itself: its threads go with the process.
    ~Client() = default;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    rd_kafka_t* handle() { return handle_; }
    rd_kafka_queue_t* events() { return events_; }
    Topics& topics() { return topics_; }

    /// Gives a record to librdkafka, with the entry as its opaque. The payload is not copied: the entry's buffer is
    /// held until the report.                                                                    // hot: per message
    rd_kafka_resp_err_t produce(Entry& entry, const Record& record);
    /// Whether it can send nothing any more.
    bool is_broken() { return rd_kafka_fatal_error(handle_, nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR; }
    /// Gives back, as reports, what has not been sent (RD_KAFKA_PURGE_F_QUEUE) or answered (..._INFLIGHT).
    void purge(int what) { rd_kafka_purge(handle_, what | RD_KAFKA_PURGE_F_NON_BLOCKING); }

    /// Destroys it, on the worker; everything must have been reported. Then done(), on the shard.
    void end(Worker& worker, Worker::Job done);
    /// Wakes nobody any more; it is not going to be ended.
    void abandon();

    size_t unreported = 0;  ///< records whose report is due

  private:
    std::unique_ptr<Wakeup> wakeup_;
    rd_kafka_t* handle_;
    rd_kafka_queue_t* events_;
    Topics topics_;
};

}  // namespace kafka
