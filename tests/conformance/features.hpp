// What a backend says that it can do. A claim is tested both ways: what is false is asserted absent, never skipped.
//
//   Features features() const override { return {.name = "mqtt 5, QoS 1", .requeues_live = false}; }
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
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

/** What may stand together in one process. What may not is refused by `check`, and asserted so; the rig gives it to a
 * second backend at the same broker, see TestedBackend::options_beside. */
enum class Together {
    all,
    one_source,  ///< One source and no sink beside it, or sinks alone. Tested: the first reader, else the writer.
    sinks,       ///< The same, but tested: the writer; the readers are the other's.
};

/** How far a backend's library goes where it does what it claims. */
struct Bounds {
    Together together = Together::all;
    std::uint64_t in_flight = std::numeric_limits<std::uint64_t>::max();  ///< Of a source, whatever max_in_flight is.

    /** How many of so many are in flight at once when none is settled. */
    std::uint64_t held_of(std::uint64_t count) const { return count < in_flight ? count : in_flight; }
    /** The last number that arrives, of 1..last, when first_held..last_held are not settled. */
    std::uint64_t reached(std::uint64_t first_held, std::uint64_t last_held, std::uint64_t last) const {
        return last_held - first_held + 1 < in_flight ? last : first_held - 1 + in_flight;
    }
};

/** What of a message the protocol itself has a place for. Not a promise that could be broken, so no feature; what has
 * no place is asserted to arrive absent. */
struct Envelope {
    bool key = true;             ///< Else a sink's topic or header template has to say it.
    bool headers = true;         ///< Else none arrive.
    bool binary_headers = true;  ///< Else, where headers arrive, one that is not UTF-8 is rejected.
    bool absent_payload = true;  ///< Else an absent payload arrives empty.
};

}  // namespace leat::test
