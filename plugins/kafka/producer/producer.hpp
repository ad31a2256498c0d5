// What the Kafka sinks of one backend share on one shard: an idempotent producer, and every message on its way.
//
//     producer.add(sink);
//     producer.take(sink, message);   // of a batch one after the other
//     producer.send_waiting(done);    // each is settled when it has landed, or with the reason why not
//     producer.give_up(sink);         // what has not landed is settled ABANDON
//
// A message stays here, with its buffer, until its delivery report: nothing is copied but keys and headers, and after
// a fatal error all can be sent again in order. A broker that is away is a state, not an outcome. On the shard.
#pragma once
#include <leat/sdk/backend.hpp>
#include <leat/sdk/flow/settle.hpp>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "health.hpp"
#include "producer/client.hpp"
#include "producer/gathering.hpp"
#include "producer/recovery.hpp"

namespace kafka {

class Producer final : public leat::Part {
  public:
    Producer(const Connection& connection, const leat::Setup& setup);
    ~Producer() override;

    void start() override;
    void stop() override;

    void add(Writer& writer);
    /// Takes a message over; it is settled here when it has ended. Behind the last of a batch: send_waiting().
    void take(Writer& writer, const leat_message& message);  // hot: per message
    /// Sends what waits, but for what is to gather.
    void send_waiting(leat::Settlements& done);
    /// Whoever sends to a sink can send nothing more until something has landed.
    void starved();
    void give_up(Writer& writer);

    /// For describe(); nullptr when the name is not legal.
    Topic* topic(std::string_view name) { return client_->topics().find(name); }
    /// Differs for each client: topics are good for one.
    uint64_t generation() const { return generation_; }

  private:
    enum class Sent { yes, no_room, ended };

    void connect();
    void connect_after(int64_t pause_ns);
    void disconnect(Worker::Job then);
    Sent send(Entry& entry, leat::Settlements& done);
    void refuse(Entry& entry, rd_kafka_resp_err_t error, leat::Settlements& done);
    void end(Entry& entry, uint32_t outcome, const std::string& why, leat::Settlements& done);
    void gather(int64_t now_ns);
    void ask_limits();
    void limits_told(const Topics::Limit& limit);
    void woken();
    void serve(rd_kafka_event_t* event, leat::Settlements& done);
    void reported(rd_kafka_event_t* event, leat::Settlements& done);
    void landed(Entry& entry, leat::Settlements& done);
    void report_failure(Entry& entry, rd_kafka_resp_err_t error, leat::Settlements& done);
    void trouble(rd_kafka_resp_err_t code, const std::string& text);
    void make_batches_smaller(size_t refused_bytes);
    void send_alone(rd_kafka_resp_err_t error, size_t records);
    void remove(Entry& entry);
    void recover();
    void renew_client(int purge);
    void go_on();
    void tell(uint32_t state, std::string_view why, int64_t next_attempt_ns);

    const Connection& connection_;
    leat::Services host_;
    Health health_;
    std::unique_ptr<Worker> worker_;  // from start on
    Recovery recovery_;
    Entries entries_;
    std::unique_ptr<Client> client_;  // none between one and the next
    std::vector<Writer*> writers_;
    std::deque<Entry*> waiting_;  // to be sent, in order
    Gathering gathering_;
    size_t batch_bytes_ = SIZE_MAX;  // most in one batch
    uint64_t next_sequence_ = 0;
    uint64_t generation_ = 0;
    uint64_t timer_ = 0;
    uint64_t gather_timer_ = 0;
    std::string password_;
    bool is_stopping_ = false;
    bool is_closing_ = false;
    bool is_fatal_ = false;  // the recovery under way
    // A batch was refused for one of its records: those on their way are sent alone, until the last of them has
    // ended.
    bool sends_alone_ = false;
    uint64_t alone_until_ = 0;  // sequence of the last of them
    size_t alone_left_ = 0;
    int64_t told_alone_ns_ = 0;
};

}  // namespace kafka
