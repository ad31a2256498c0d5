// One configured RabbitMQ: makes its sources, each with a connection of its own, and its sinks, which share one on
// each shard.
#pragma once

#include <leat/sdk/backend.hpp>

#include <memory>

#include "options.hpp"

namespace leat::rabbitmq {

class RabbitBackend final : public BrokerFields<leat::Backend> {
  public:
    using SourceOptions = rabbitmq::SourceOptions;
    using SinkOptions = rabbitmq::SinkOptions;

    static constexpr const char* kPromise =
        "Source: the delivery is acknowledged when the message has landed; a reject is told without requeue, so it "
        "goes "
        "to the queue's dead-letter exchange, and is dropped by the broker where there is none. Sink: landed means "
        "the "
        "broker's confirmation: each queue that the message was routed to has it, on disk where it is durable and "
        "the "
        "message persistent (a quorum queue: on most of its nodes). What goes to no queue is rejected (mandatory), "
        "or "
        "dropped by the broker and counted as landed without it.";
    static constexpr std::uint32_t kFlags = LEAT_SOURCE_REJECTS;
    static constexpr char kSeparator = '.';
    static constexpr std::uint64_t kMaxInFlight = 4096;
    static constexpr std::uint64_t kMaxInFlightBytes = 32U << 20U;

    void open() override;
    std::unique_ptr<leat::Source> source(const Setup& setup, const SourceOptions& options);
    std::unique_ptr<leat::Sink> sink(const Setup& setup, leat::Part* part, SinkOptions options);
    std::unique_ptr<leat::Part> part(const Setup& setup);

    static void check(const leat_check& configured);
    static void probe(const leat_host& host, const leat_check& configured);
};

}  // namespace leat::rabbitmq
