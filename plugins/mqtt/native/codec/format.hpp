// The numbers and names of MQTT 3.1.1 and 5.0 that reader and writer share. Nothing here allocates or decides.
//
//   Publish p;
//   if (Fault fault = decode_publish(frame.first, frame.body, Version::v5, p)) hang_up(fault);
//
// Thread: any; plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace leat::mqtt {

using Bytes = std::span<const std::uint8_t>;

/// What is wrong with a packet, as static text; nullptr when nothing is.
using Fault = const char*;

inline std::string_view as_text(Bytes b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }
inline Bytes as_bytes(std::string_view s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }

/// The protocol level byte of CONNECT [MQTT5 3.1.2.2].
enum class Version : std::uint8_t { v3_1_1 = 4, v5 = 5 };

enum class Packet : std::uint8_t {
    connect = 1,
    connack = 2,
    publish = 3,
    puback = 4,
    pubrec = 5,
    pubrel = 6,
    pubcomp = 7,
    subscribe = 8,
    suback = 9,
    unsubscribe = 10,
    unsuback = 11,
    pingreq = 12,
    pingresp = 13,
    disconnect = 14,
    auth = 15,
};

enum class Property : std::uint8_t {
    payload_format = 0x01,
    message_expiry = 0x02,
    content_type = 0x03,
    response_topic = 0x08,
    correlation_data = 0x09,
    subscription_id = 0x0B,
    session_expiry = 0x11,
    assigned_client_id = 0x12,
    server_keep_alive = 0x13,
    auth_method = 0x15,
    auth_data = 0x16,
    request_problem = 0x17,
    will_delay = 0x18,
    request_response = 0x19,
    response_information = 0x1A,
    server_reference = 0x1C,
    reason_string = 0x1F,
    receive_maximum = 0x21,
    topic_alias_maximum = 0x22,
    topic_alias = 0x23,
    maximum_qos = 0x24,
    retain_available = 0x25,
    user = 0x26,
    maximum_packet_size = 0x27,
    wildcard_available = 0x28,
    subscription_id_available = 0x29,
    shared_available = 0x2A,
};

/// Reason codes that the plugin acts on [MQTT5 2.4]; reasons.hpp has all of them in words.
namespace reason {
inline constexpr std::uint8_t success = 0x00;
inline constexpr std::uint8_t disconnect_with_will = 0x04;
inline constexpr std::uint8_t no_matching_subscribers = 0x10;
inline constexpr std::uint8_t unspecified = 0x80;
inline constexpr std::uint8_t malformed = 0x81;
inline constexpr std::uint8_t protocol_error = 0x82;
inline constexpr std::uint8_t implementation_specific = 0x83;
inline constexpr std::uint8_t unsupported_version = 0x84;
inline constexpr std::uint8_t bad_credentials = 0x86;
inline constexpr std::uint8_t not_authorized = 0x87;
inline constexpr std::uint8_t session_taken_over = 0x8E;
inline constexpr std::uint8_t packet_id_in_use = 0x91;
inline constexpr std::uint8_t packet_id_not_found = 0x92;
inline constexpr std::uint8_t packet_too_large = 0x95;
inline constexpr std::uint8_t quota_exceeded = 0x97;
}  // namespace reason

/// The largest remaining length that four length bytes can say [MQTT5 1.5.5].
inline constexpr std::size_t kMaxRemaining = 268'435'455;

/// The largest packet there can be: one type byte, four length bytes and the rest.
inline constexpr std::size_t kMaxPacket = kMaxRemaining + 5;

/// An application message as it stands in a PUBLISH: views into the packet.
struct Publish {
    std::string_view topic{};
    Bytes payload{};
    Bytes properties{};  ///< without their length; empty in 3.1.1
    std::uint16_t packet_id = 0;
    std::uint8_t qos = 0;
    bool dup = false;
    bool retain = false;
};

/// What the broker grants and demands for one connection, from its CONNACK.
struct Connack {
    bool session_present = false;
    std::uint8_t code = 0;  ///< as the broker's version numbers it: 0 is success in both
    std::uint16_t receive_maximum = 65'535;
    std::uint8_t maximum_qos = 2;
    bool retain_available = true;
    bool wildcard_available = true;
    bool shared_available = true;
    bool has_server_keep_alive = false;
    std::uint16_t server_keep_alive = 0;    ///< seconds
    std::uint32_t maximum_packet_size = 0;  ///< bytes; 0: no limit
    bool has_session_expiry = false;
    std::uint32_t session_expiry = 0;     ///< seconds
    std::string_view assigned_client_id;  ///< into the packet
    std::string_view reason_string;       ///< into the packet
};

/// PUBACK, PUBREC, PUBREL and PUBCOMP are alike.
struct Ack {
    std::uint16_t packet_id = 0;
    std::uint8_t code = 0;
    std::string_view reason_string;  ///< into the packet
};

/// SUBACK, and UNSUBACK: one code for each filter asked for (none for UNSUBACK in 3.1.1).
struct Granted {
    std::uint16_t packet_id = 0;
    Bytes codes;  ///< into the packet
    std::string_view reason_string;
};

/// DISCONNECT from the broker, and AUTH.
struct Goodbye {
    std::uint8_t code = 0;
    std::string_view reason_string;
    std::string_view server_reference;
};

}  // namespace leat::mqtt
