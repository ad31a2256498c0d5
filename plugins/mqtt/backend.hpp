// One configured MQTT broker: makes its sources, each with a connection of its own, and its sinks, which share one on
// each shard.
#pragma once

#include <leat/sdk/backend.hpp>

#include <memory>

#include "broker_url.hpp"
#include "options.hpp"
#include "remembered.hpp"

namespace leat::mqtt {

class MqttBackend final : public BrokerFields<leat::Backend> {
  public:
    using SourceOptions = mqtt::SourceOptions;
    using SinkOptions = mqtt::SinkOptions;

    static constexpr const char* kPromise =
        "Source: the PUBACK (QoS 1) or PUBREC (QoS 2) is sent, in the order of the PUBLISHes, when the message has "
        "landed. Sink: landed means PUBACK (QoS 1) or PUBCOMP (QoS 2); the broker has taken the message, which says "
        "nothing of its subscribers (see no_subscriber), and in 3.1.1 a publish that rights forbid is acknowledged "
        "all "
        "the same. QoS 0: landed means written to the socket.";
    static constexpr std::uint32_t kFlags = LEAT_SOURCE_REJECTS;
    static constexpr char kSeparator = '/';
    static constexpr std::uint64_t kMaxInFlight = 16384;
    static constexpr std::uint64_t kMaxInFlightBytes = 32U << 20U;

    void open() override;
    std::unique_ptr<leat::Source> source(const Setup& setup, const SourceOptions& options);
    std::unique_ptr<leat::Sink> sink(const Setup& setup, leat::Part* part, SinkOptions options);
    std::unique_ptr<leat::Part> part(const Setup& setup);

    static void check(const leat_check& configured);
    static void probe(const leat_host& host, const leat_check& configured);

  private:
    BrokerUrl broker_;
    Remembered remembered_;
};

}  // namespace leat::mqtt
