// The planted faults, and the case of the suite that each must turn red.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace leat::test {

enum class Misdeed : std::uint8_t {
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
    Misdeed fault;
    std::string_view name;
    std::string_view red;  ///< The case that must fail.
};

inline constexpr std::array kPlantedFaults{
    PlantedFault{Misdeed::early_ack, "early_ack",
                 "at the stop, what has landed is acknowledged and what is unsettled is returned"},
    PlantedFault{Misdeed::double_settle, "double_settle", "every receipt is settled exactly once"},
    PlantedFault{Misdeed::stale_ack, "stale_ack", "every receipt is settled exactly once"},
    PlantedFault{Misdeed::ack_after_reject, "ack_after_reject",
                 "a rejected message does not come again, and those around it go on"},
    PlantedFault{Misdeed::ack_after_retry, "ack_after_retry",
                 "with one in flight, a message settled retry comes again before the next"},
    PlantedFault{Misdeed::ack_at_stop, "ack_at_stop",
                 "at the stop, what has landed is acknowledged and what is unsettled is returned"},
    PlantedFault{Misdeed::swapped_order, "swapped_order", "messages of a topic arrive in order"},
    PlantedFault{Misdeed::lost_header, "lost_header", "headers, key and bytes arrive as they were published"},
    PlantedFault{Misdeed::wrong_key, "wrong_key", "headers, key and bytes arrive as they were published"},
    PlantedFault{Misdeed::changed_payload, "changed_payload", "headers, key and bytes arrive as they were published"},
    PlantedFault{Misdeed::lost_message, "lost_message", "what is sent lands, each once"},
    PlantedFault{Misdeed::message_twice, "message_twice", "what is published arrives, each once"},
    PlantedFault{Misdeed::leaked_buffer, "leaked_buffer",
                 "a sink settles every receipt once and lets every buffer go"},
    PlantedFault{Misdeed::unbounded_credit, "unbounded_credit", "a slow sink holds the source at max_in_flight"},
    PlantedFault{Misdeed::one_group, "one_group", "independent groups each get all"},
};

constexpr Misdeed fault_named(std::string_view name) {
    for (const PlantedFault& planted : kPlantedFaults) {
        if (planted.name == name) return planted.fault;
    }
    return Misdeed::none;
}

/** The others err at the sink. */
constexpr bool errs_at_the_source(Misdeed fault) {
    return fault != Misdeed::lost_message && fault != Misdeed::leaked_buffer;
}

/** The fault is in what comes back. */
constexpr bool errs_upwards(Misdeed fault) {
    return fault == Misdeed::double_settle || fault == Misdeed::stale_ack || fault == Misdeed::ack_after_reject ||
           fault == Misdeed::ack_after_retry || fault == Misdeed::ack_at_stop;
}

}  // namespace leat::test
