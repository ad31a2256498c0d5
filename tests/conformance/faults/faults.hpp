// The planted faults, and the case of the suite that each must turn red.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace leat::test {

enum class Fault : std::uint8_t {
    none,
    early_ack,
    double_settle,
    stale_ack,
    ack_after_reject,
    ack_after_retry,
    ack_at_stop,
    swapped_order,
    lost_header,
    wrong_key,
    changed_payload,
    lost_message,
    message_twice,
    leaked_buffer,
    unbounded_credit,
    one_group,
};

struct PlantedFault {
    Fault fault;
    std::string_view name;
    std::string_view red;  ///< The case that must fail.
};

inline constexpr std::array kPlantedFaults{
    PlantedFault{Fault::early_ack, "early_ack",
                 "at the stop, what has landed is acknowledged and what is unsettled is returned"},
    PlantedFault{Fault::double_settle, "double_settle", "every receipt is settled exactly once"},
    PlantedFault{Fault::stale_ack, "stale_ack", "every receipt is settled exactly once"},
    PlantedFault{Fault::ack_after_reject, "ack_after_reject",
                 "a rejected message does not come again, and those around it go on"},
    PlantedFault{Fault::ack_after_retry, "ack_after_retry",
                 "with one in flight, a message settled retry comes again before the next"},
    PlantedFault{Fault::ack_at_stop, "ack_at_stop",
                 "at the stop, what has landed is acknowledged and what is unsettled is returned"},
    PlantedFault{Fault::swapped_order, "swapped_order", "messages of a topic arrive in order"},
    PlantedFault{Fault::lost_header, "lost_header", "headers, key and bytes arrive as they were published"},
    PlantedFault{Fault::wrong_key, "wrong_key", "headers, key and bytes arrive as they were published"},
    PlantedFault{Fault::changed_payload, "changed_payload", "headers, key and bytes arrive as they were published"},
    PlantedFault{Fault::lost_message, "lost_message", "what is sent lands, each once"},
    PlantedFault{Fault::message_twice, "message_twice", "what is published arrives, each once"},
    PlantedFault{Fault::leaked_buffer, "leaked_buffer", "a sink settles every receipt once and lets every buffer go"},
    PlantedFault{Fault::unbounded_credit, "unbounded_credit", "a slow sink holds the source at max_in_flight"},
    PlantedFault{Fault::one_group, "one_group", "independent groups each get all"},
};

constexpr Fault fault_named(std::string_view name) {
    for (const PlantedFault& planted : kPlantedFaults) {
        if (planted.name == name) return planted.fault;
    }
    return Fault::none;
}

/** The others err at the sink. */
constexpr bool errs_at_the_source(Fault fault) {
    return fault != Fault::lost_message && fault != Fault::leaked_buffer;
}

/** The fault is in what comes back. */
constexpr bool errs_upwards(Fault fault) {
    return fault == Fault::double_settle || fault == Fault::stale_ack || fault == Fault::ack_after_reject ||
           fault == Fault::ack_after_retry || fault == Fault::ack_at_stop;
}

}  // namespace leat::test
