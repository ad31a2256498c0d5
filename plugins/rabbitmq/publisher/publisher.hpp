// What the sinks of one backend share on one shard: a publishing connection, and every message on its way.
//
//     publisher.add(writer);
//     publisher.take(writer, message, exchange, routing_key);   // settles when the broker has confirmed it
//     publisher.flush();                                        // after each batch
//     publisher.give_up(writer);                                // what has not landed is settled ABANDON
//
// A message stays here, with its buffer, until the connection's thread has its result: payload and headers are never
// copied. A broker that is away, or blocks, is a state, not an outcome. On the shard.
#pragma once

#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/sink.hpp>

#include <memory>
#include <string>
#include <vector>

#include "io_watch.hpp"
#include "publisher/sender.hpp"

namespace leat::rabbitmq {

/// Who gives messages to the publisher.
struct SinkUser {
    std::shared_ptr<const SinkPlan> plan;
    std::string finding;  ///< what is wrong with its topology; the publisher's

    virtual const Services& host() const = 0;

  protected:
    ~SinkUser() = default;
};

class Publisher final : public leat::Part {
  public:
    explicit Publisher(ReadSettings read_settings) : read_settings_(std::move(read_settings)) {}

    void start() override;
    void stop() override;

    void add(SinkUser& user);
    /// Takes a message over; exchange and routing key are copied.                                // hot: per message
    void take(SinkUser& user, const leat_message& message, leat_bytes exchange, leat_bytes routing_key);
    /// Hands what was taken to the connection.                                                     // hot: per batch
    void flush();
    void give_up(SinkUser& user);

  private:
    struct Entry {
        leat_message message{};
        SinkUser* user = nullptr;  ///< nullptr: given up; only its bytes are still needed
        std::string exchange{};    ///< where a template was filled in
        std::string routing_key{};
    };

    void rung();
    void settle_results();
    void let_go();
    void tell_states();
    void tell_findings();
    void tell(SinkUser& user) const;

    ReadSettings read_settings_;
    std::shared_ptr<Sender> sender_;
    std::unique_ptr<IoWatch> watch_;
    std::vector<SinkUser*> users_;
    leat::Slots<Entry> entries_;
    std::vector<Job> jobs_;
    std::vector<Result> results_;
    Note last_{LEAT_STATE_CONNECTING, "not connected yet", {}};
};

}  // namespace leat::rabbitmq
