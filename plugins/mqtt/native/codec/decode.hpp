// From received bytes to packets, for the client's side of MQTT 3.1.1 and 5.0. Strict: what the specification forbids
// is a Fault, never a guess. Nothing is copied: texts, payloads and properties are views into the bytes given.
//
//   Frame frame;
//   switch (next_frame(received, limit, frame)) {
//       case Framing::whole: use(frame); received = received.subspan(frame.size); break;
//       case Framing::partial: read_more(); break;   // frame.size: bytes needed in all, 0 if not yet known
//       ...
//   }
//
// Thread: any; pure functions.
#pragma once

#include "native/codec/format.hpp"

namespace leat::mqtt {

/// One packet cut out of the stream.
struct Frame {
    std::uint8_t first = 0;  ///< packet type and flags
    Bytes body;              ///< what follows the fixed header
    std::size_t size = 0;    ///< of the whole packet, in bytes

    [[nodiscard]] Packet type() const { return static_cast<Packet>(first >> 4U); }
};

enum class Framing : std::uint8_t {
    whole,      ///< `out` is filled in
    partial,    ///< more bytes are needed; `out.size` says how many in all, 0 if the length is not in yet
    malformed,  ///< the remaining length is no variable length integer
    too_large,  ///< larger than `max_packet`; `out.size` says how large
};

/// Looks at the front of `in` for a packet of at most `max_packet` bytes.          // hot: per message
[[nodiscard]] Framing next_frame(Bytes in, std::size_t max_packet, Frame& out);

/// PUBLISH from its first byte and body. Empty topics (topic aliases) are refused: we grant no alias.  // hot: per
/// message
[[nodiscard]] Fault decode_publish(std::uint8_t first, Bytes body, Version version, Publish& out);

/// CONNACK. A version 5 request that an older broker answers in its own form is understood: a code of 1..5 and no
/// properties.
[[nodiscard]] Fault decode_connack(Bytes body, Version version, Connack& out);

/// PUBACK, PUBREC, PUBREL, PUBCOMP: `first` tells which, and its flags are checked.
[[nodiscard]] Fault decode_ack(std::uint8_t first, Bytes body, Version version, Ack& out);

/// SUBACK or UNSUBACK.
[[nodiscard]] Fault decode_granted(std::uint8_t first, Bytes body, Version version, Granted& out);

/// DISCONNECT from the broker (version 5 only).
[[nodiscard]] Fault decode_disconnect(std::uint8_t first, Bytes body, Version version, Goodbye& out);

}  // namespace leat::mqtt
