// Publishes messages to an MQTT broker: QoS 1 has landed with the PUBACK, QoS 2 with the PUBCOMP, QoS 0 once written
// to the socket.
#pragma once

#include <leat/sdk/sink.hpp>

#include <string>

#include "mapping.hpp"
#include "options.hpp"
#include "sink_connection.hpp"

namespace leat::mqtt {

class MqttSink final : public leat::Sink, private SinkConnection::User {
  public:
    /// connection  of this shard; outlives the sink
    MqttSink(SinkOptions options, SinkConnection& connection, std::size_t max_packet_size);

    void start() override;
    void stop() override;
    void push(Batch& batch) override;

  private:
    void connection_state(std::uint32_t state, const std::string& why, Nanoseconds next_attempt) override;
    [[nodiscard]] NoSubscriberChoice no_subscriber() const override { return options_.no_subscriber; }
    [[nodiscard]] std::string unmet(const Connack& granted) const override;

    bool take(const leat_message& message, std::string_view& why);

    SinkOptions options_;
    SinkConnection& connection_;
    SinkProperties properties_;
    std::size_t max_packet_size_;
    std::uint32_t number_ = 0;
    bool is_running_ = false;
};

}  // namespace leat::mqtt
