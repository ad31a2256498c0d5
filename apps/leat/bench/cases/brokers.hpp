// What can be measured against a broker that answers: publishing to it, consuming from it, and one way through it.
#pragma once

#include "bench/cases/memory.hpp"

#include <optional>
#include <string>
#include <vector>

namespace leat::bench {

enum class BrokerKind { kafka, mqtt, rabbitmq };

struct Broker {
    BrokerKind kind;
    std::string host;
    uint16_t port;
};

/// "host:port", "[::1]:port"; nothing: it is neither.
std::optional<Broker> parse_broker(BrokerKind kind, const std::string& address);

/// Whether somebody accepts connections there, within half a second.
bool answers(const Broker& broker);

/// Categories publish and consume of the broker. `ceilings`: a folder with bare loops around the same client, which
/// are looked for by name (bare_kafka_publish ...); empty: none.
void add_broker_cases(const Bench& bench, const Broker& broker, const std::string& ceilings, Cases& into);

}  // namespace leat::bench
