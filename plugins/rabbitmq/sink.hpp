// Publishes messages to an exchange; one has landed when the broker has confirmed it.
//
// Says which exchange and routing key a message gets; the shard's Publisher lands it. On the shard.
#pragma once

#include <leat/sdk/sink.hpp>

#include "options.hpp"
#include "publisher/publisher.hpp"

namespace leat::rabbitmq {

class RabbitSink final : public leat::Sink, private SinkUser {
  public:
    /// publisher  of this shard; outlives the sink
    RabbitSink(SinkOptions options, Publisher& publisher);

    void start() override;
    void stop() override;
    void push(Batch& batch) override;

  private:
    [[nodiscard]] const Services& host() const override { return services(); }
    const char* describe(const leat_message& message, leat_bytes& exchange, leat_bytes& routing_key,
                         std::string& why);

    SinkOptions options_;
    Publisher& publisher_;
    bool is_running_ = false;
};

}  // namespace leat::rabbitmq
