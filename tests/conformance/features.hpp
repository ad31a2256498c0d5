// What a backend says that it can do. A claim is tested both ways: what is false is asserted absent, never skipped.
//
//   Features features() const override { return {.name = "mqtt 5, QoS 1", .requeues_live = false}; }
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace leat::test {

/** The five that may be false. The sections are those of PROTOCOLS.md, which says why. */
struct Features {
    std::string name;
    bool requeues_live = true;  ///< "All": a `retry` goes to the broker, which delivers again at once, and says so.
    bool independent_groups = true;  ///< "MQTT", "Kafka": several groups each get every message.
    bool order = true;               ///< "All": one reader gets a lane in order.
    bool persists = true;            ///< What is unacknowledged outlives our process, and a restart of the broker.
    bool large_payloads = true;      ///< "Kafka", "MQTT": 1 MiB passes.
};

/** What of a message the protocol itself has a place for. Not a promise that could be broken, so no feature; what has
 * no place is asserted to arrive absent. */
struct Envelope {
    bool key = true;             ///< Else a sink's topic or header template has to say it.
    bool headers = true;         ///< Else none arrive.
    bool binary_headers = true;  ///< Else a header that is not UTF-8 is rejected.
    bool absent_payload = true;  ///< Else an absent payload arrives empty.
};

}  // namespace leat::test
