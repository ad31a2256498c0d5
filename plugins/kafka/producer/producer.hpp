// What the Kafka sinks of one backend share on one shard: an idempotent producer, and every message on its way.
//
//     producer.add(sink);
//     producer.take(sink, message, done);   // settles when it has landed, or says why not
//     producer.give_up(sink);               // what has not landed is settled ABANDON
//
// A message stays here, with its buffer, until its delivery report: nothing is copied but keys and headers, and after
// a fatal error all can be sent again in order. A broker that is away is a state, not an outcome. On the shard.
#pragma once
#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/sink.hpp>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "health.hpp"
#include "producer/recovery.hpp"
#include "producer/topics.hpp"
#include "properties.hpp"
#include "wakeup.hpp"
#include "worker.hpp"

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

class Producer final : public leat::Part {
  public:
    Producer(const Connection& connection, const leat::Setup& setup);
    ~Producer() override;

    void start() override;
    void stop() override;

    void add(Writer& writer);
    /// Takes a message over; it is settled here when it has ended.                                 // hot: per
    /// message
    void take(Writer& writer, const leat_message& message, leat::Settlements& done);
    void give_up(Writer& writer);

    /// For describe(); nullptr when the name is not legal.
    Topic* topic(std::string_view name) { return topics_.find(client_, name); }
    /// Differs for each client: topics are good for one.
    uint64_t generation() const { return generation_; }

  private:
    struct Entry {
        leat_message message;
        Writer* writer;  // nullptr: given up; only its buffer is still needed
        uint64_t token;
        uint64_t sequence;  // order of arrival
        bool in_client;     // librdkafka has it and will report
    };
    enum class Sent { yes, no_room, ended };

    void connect();
    void connect_after(int64_t pause_ns);
    void disconnect(Worker::Job then);
    Sent send(Entry& entry, leat::Settlements& done);
    rd_kafka_resp_err_t produce(Entry& entry, const Record& record);
    void refuse(Entry& entry, rd_kafka_resp_err_t error, leat::Settlements& done);
    void end(Entry& entry, uint32_t outcome, const std::string& why, leat::Settlements& done);
    void send_waiting(leat::Settlements& done);
    void ask_limits();
    void limits_told(const Topics::Limit& limit);
    void woken();
    void serve(rd_kafka_event_t* event, leat::Settlements& done);
    void reported(rd_kafka_event_t* event, leat::Settlements& done);
    void landed(Entry& entry, leat::Settlements& done);
    void report_failure(Entry& entry, rd_kafka_resp_err_t error, leat::Settlements& done);
    void trouble(rd_kafka_resp_err_t code, const std::string& text);
    void make_batches_smaller(size_t refused_bytes);
    void recover();
    void renew_client(int purge);
    void go_on();
    void tell(uint32_t state, std::string_view why, int64_t next_attempt_ns);
    static int32_t choose_partition(const rd_kafka_topic_t*, const void* key, size_t key_size, int32_t partitions,
                                    void*, void* entry);

    const Connection& connection_;
    leat::Services host_;
    Health health_;
    std::unique_ptr<Worker> worker_;  // from start on
    Recovery recovery_;
    rd_kafka_t* client_ = nullptr;
    rd_kafka_queue_t* events_ = nullptr;
    std::unique_ptr<Wakeup> wakeup_;
    Topics topics_;
    std::vector<Writer*> writers_;
    leat::Slots<Entry> entries_;
    std::deque<uint64_t> waiting_;   // tokens to be sent, in order; those given up meanwhile are skipped
    size_t outstanding_ = 0;         // in librdkafka, unreported
    size_t batch_bytes_ = SIZE_MAX;  // most in one batch
    uint64_t next_sequence_ = 0;
    uint64_t generation_ = 0;
    uint64_t timer_ = 0;
    std::string password_;
    bool is_stopping_ = false;
    bool is_closing_ = false;
    bool is_fatal_ = false;  // the recovery under way
};

}  // namespace kafka
