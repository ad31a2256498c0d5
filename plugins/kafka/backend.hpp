// A configured Kafka cluster. Connections belong to its sources and producers; here are their options, the checks of
// a configuration and the trial of a cluster.
#pragma once
#include <leat/sdk/backend.hpp>

#include "options.hpp"

namespace kafka {

struct Backend final : leat::Backend, Connection {
    using SourceOptions = kafka::SourceOptions;
    using SinkOptions = kafka::SinkOptions;

    static constexpr uint32_t kFlags = LEAT_SOURCE_NO_COMMIT;
    static constexpr uint64_t kMaxInFlight = 4096;
    static constexpr uint64_t kMaxInFlightBytes = 64u << 20;
    static constexpr const char* kPromise =
        "Landed: all in-sync replicas of the partition have the record (acks=all, idempotent); how many those are is "
        "the topic's min.insync.replicas. Acknowledged: the offset is committed, up to the first message of the "
        "partition that has not landed; after a kill the group goes on there, so messages behind it are seen twice. "
        "Kafka cannot be told of a reject: its message is passed over.";

    static auto options() {
        return leat::options(
            leat::option<&Backend::brokers, Backend>("brokers",
                                                     "Brokers to begin with: host:port, separated by commas.")
                .required()
                .example(R"("k1:9092,k2:9092")"),
            leat::option<&Backend::client_id, Backend>("client_id",
                                                       "Name of this process in the brokers' logs and quotas."),
            leat::option<&Backend::tls, Backend>("tls", "Encrypts connections."),
            leat::option<&Backend::sasl, Backend>("sasl", "Logs in."),
            leat::option<&Backend::properties, Backend>(
                "properties", "Any setting of librdkafka that does not break the promise, by its own name.")
                .example(R"({"compression.codec": "lz4"})"));
    }

    std::unique_ptr<leat::Source> source(const leat::Setup& setup, const SourceOptions& options);
    std::unique_ptr<leat::Sink> sink(const leat::Setup& setup, leat::Part* part, SinkOptions&& options);
    std::unique_ptr<leat::Part> part(const leat::Setup& setup);
    static void check(const leat_check& check);
    static void probe(const leat_host& host, const leat_check& check);
};

}  // namespace kafka
