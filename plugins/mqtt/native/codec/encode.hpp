// From packets to bytes, for the client's side of MQTT 3.1.1 and 5.0: CONNECT, PUBLISH, the acknowledgements,
// SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT. Everything is appended to a buffer that the caller keeps and reuses.
//
//   encode_ack(out, Packet::puback, 17, reason::success, Version::v5);
//
// Lengths must fit: texts of at most 65535 bytes, packets of at most kMaxPacket. Thread: any; pure functions.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/codec/format.hpp"

namespace leat::mqtt {

using ByteBuffer = std::vector<std::uint8_t>;

/// What the broker publishes for us when the connection ends without a good-bye [MQTT5 3.1.2.5].
struct Will {
    std::string topic{};
    std::string payload{};
    std::uint8_t qos = 0;
    bool retain = false;
    // Version 5 only:
    std::uint32_t delay = 0;  ///< seconds; a connection to the same session within them calls it off
    std::string content_type{};
    std::uint32_t message_expiry = 0;  ///< seconds; 0: not sent
    std::vector<std::pair<std::string, std::string>> user_properties{};
};

/// What CONNECT says.
struct Connect {
    Version version = Version::v5;
    std::string client_id;
    bool clean_start = false;
    std::uint16_t keep_alive = 60;  ///< seconds; 0: none
    std::optional<std::string> user;
    std::optional<std::string> password;
    std::uint32_t session_expiry = 0;        ///< seconds; version 5 only
    std::uint16_t receive_maximum = 65'535;  ///< version 5 only
    std::uint32_t maximum_packet_size = 0;   ///< bytes, 0: not sent; version 5 only
    std::optional<Will> will{};
};

void encode_connect(ByteBuffer& out, const Connect& connect);

/// One filter of a SUBSCRIBE.
struct Wanted {
    std::string filter;
    std::uint8_t qos = 1;
    bool retain_as_published = true;   ///< version 5 only
    std::uint8_t retain_handling = 0;  ///< 0 send retained, 1 only for a new subscription, 2 never; version 5 only
    bool operator==(const Wanted&) const = default;
};

void encode_subscribe(ByteBuffer& out, std::uint16_t packet_id, std::span<const Wanted> filters, Version version);
void encode_unsubscribe(ByteBuffer& out, std::uint16_t packet_id, std::span<const std::string> filters,
                        Version version);

/// PUBACK, PUBREC, PUBREL, PUBCOMP. The code is left out where it is success, and always in 3.1.1.   // hot: per
/// message
void encode_ack(ByteBuffer& out, Packet packet, std::uint16_t packet_id, std::uint8_t code, Version version);

void encode_pingreq(ByteBuffer& out);

/// DISCONNECT; the code is sent in version 5 only.
void encode_disconnect(ByteBuffer& out, std::uint8_t code, Version version);

/// Bytes of the PUBLISH that write_publish makes.
[[nodiscard]] std::size_t publish_size(const Publish& publish, Version version);

/// Writes a PUBLISH to `at`, where publish_size() bytes are free. Returns the end.              // hot: per message
std::uint8_t* write_publish(std::uint8_t* at, const Publish& publish, Version version);

/// Sets or clears DUP in the first byte of an encoded PUBLISH.
inline void set_dup(std::uint8_t* packet, bool dup) {
    *packet = static_cast<std::uint8_t>(dup ? *packet | 0x08U : *packet & ~0x08U);
}

}  // namespace leat::mqtt
