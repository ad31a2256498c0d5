// MQTT reason codes in words, and what a sink makes of them.
//
//   in_words(0x87)         == "not authorized (0x87)"
//   outcome_of(0x97)       == LEAT_RETRY
//
// Thread: any; pure functions.
#pragma once

#include <leat/plugin.h>

#include <cstdint>
#include <string>

namespace leat::mqtt {

/// A reason code of MQTT 5, with its number [MQTT5 2.4].
[[nodiscard]] std::string in_words(std::uint8_t code);

/// A CONNACK return code of MQTT 3.1.1, with its number [MQTT-3.1.1 3.2.2.3].
[[nodiscard]] std::string connack_in_words_3_1_1(std::uint8_t code);

/// What the code of a PUBACK, PUBREC or PUBCOMP means for the message: below 0x80 it landed (0x10, no subscriber, is
/// the sink's own choice); refusals that may pass are LEAT_RETRY, those that come from the message or from rights are
/// LEAT_REJECT.
[[nodiscard]] std::uint32_t outcome_of(std::uint8_t code);

}  // namespace leat::mqtt
