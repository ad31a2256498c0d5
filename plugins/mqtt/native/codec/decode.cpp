#include "native/codec/decode.hpp"

#include "native/codec/properties.hpp"
#include "topic.hpp"

namespace leat::mqtt {
namespace {

std::uint16_t two_bytes(const std::uint8_t* at) { return static_cast<std::uint16_t>((at[0] << 8U) | at[1]); }

// Reads a variable length integer at the front of `in`. The bytes it takes, 0 when it is cut short, -1 when it is
// broken.
int read_varint(Bytes in, std::uint32_t& out) {
    out = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        if (i >= in.size()) return 0;
        out |= static_cast<std::uint32_t>(in[i] & 0x7FU) << (7U * i);
        if ((in[i] & 0x80U) == 0) return static_cast<int>(i) + 1;
    }
    return -1;
}

// Cuts a property block with its length off the front of `body`, and checks it.
Fault take_properties(Bytes& body, Packet packet, Bytes& out) {
    std::uint32_t size = 0;
    const int taken = read_varint(body, size);
    if (taken <= 0) return "the property length is broken";
    body = body.subspan(static_cast<std::size_t>(taken));
    if (size > body.size()) return "the properties are longer than the packet";
    out = body.first(size);
    body = body.subspan(size);
    return size == 0 ? nullptr : check_properties(out, packet);
}

Fault reason_string_of(Bytes block, std::string_view& out) {
    PropertyReader reader(block);
    for (PropertyView p; reader.next(p);)
        if (p.id == Property::reason_string) out = p.text;
    return reader.fault();
}

void apply(const PropertyView& p, Connack& out) {
    switch (p.id) {
        case Property::receive_maximum:
            out.receive_maximum = static_cast<std::uint16_t>(p.number);
            break;
        case Property::maximum_qos:
            out.maximum_qos = static_cast<std::uint8_t>(p.number);
            break;
        case Property::retain_available:
            out.retain_available = p.number != 0;
            break;
        case Property::wildcard_available:
            out.wildcard_available = p.number != 0;
            break;
        case Property::shared_available:
            out.shared_available = p.number != 0;
            break;
        case Property::maximum_packet_size:
            out.maximum_packet_size = p.number;
            break;
        case Property::assigned_client_id:
            out.assigned_client_id = p.text;
            break;
        case Property::reason_string:
            out.reason_string = p.text;
            break;
        case Property::server_keep_alive:
            out.has_server_keep_alive = true;
            out.server_keep_alive = static_cast<std::uint16_t>(p.number);
            break;
        case Property::session_expiry:
            out.has_session_expiry = true;
            out.session_expiry = p.number;
            break;
        default:
            break;
    }
}

}  // namespace

Framing next_frame(Bytes in, std::size_t max_packet, Frame& out) {
    out.size = 0;
    if (in.size() < 2) return Framing::partial;
    std::uint32_t remaining = 0;
    const int taken = read_varint(in.subspan(1), remaining);
    if (taken < 0) return Framing::malformed;
    if (taken == 0) return Framing::partial;
    const std::size_t header = 1 + static_cast<std::size_t>(taken);
    out.size = header + remaining;
    if (out.size > max_packet) return Framing::too_large;
    if (out.size > in.size()) return Framing::partial;
    out.first = in[0];
    out.body = in.subspan(header, remaining);
    return Framing::whole;
}

Fault decode_publish(std::uint8_t first, Bytes body, Version version, Publish& out) {
    out.dup = (first & 0x08U) != 0;
    out.qos = static_cast<std::uint8_t>((first >> 1U) & 0x03U);
    out.retain = (first & 0x01U) != 0;
    if (out.qos == 3) return "PUBLISH with QoS 3";                                        // [MQTT-3.3.1-4]
    if (out.dup && out.qos == 0) return "PUBLISH with QoS 0 that says it is sent again";  // [MQTT-3.3.1-2]
    if (body.size() < 2) return "PUBLISH is cut short";
    const std::size_t topic_size = two_bytes(body.data());
    const std::size_t fixed = 2 + topic_size + (out.qos == 0 ? 0U : 2U);
    if (body.size() < fixed) return "PUBLISH is cut short";
    out.topic = as_text(body.subspan(2, topic_size));
    if (Fault fault = check_topic(out.topic)) return fault;
    out.packet_id = out.qos == 0 ? std::uint16_t{0} : two_bytes(body.data() + 2 + topic_size);
    if (out.qos != 0 && out.packet_id == 0) return "PUBLISH with packet identifier 0";  // [MQTT-2.2.1-2]
    Bytes rest = body.subspan(fixed);
    out.properties = {};
    if (version == Version::v5) {
        if (rest.empty()) return "PUBLISH is cut short";
        if (rest[0] == 0)
            rest = rest.subspan(1);
        else if (Fault fault = take_properties(rest, Packet::publish, out.properties))
            return fault;
    }
    out.payload = rest;
    return nullptr;
}

Fault decode_connack(Bytes body, Version version, Connack& out) {
    out = {};
    if (body.size() < 2) return "CONNACK is cut short";
    if ((body[0] & 0xFEU) != 0) return "CONNACK with reserved flags set";  // [MQTT-3.2.2-1]
    out.session_present = (body[0] & 0x01U) != 0;
    out.code = body[1];
    if (out.code != 0 && out.session_present) return "CONNACK refuses and yet tells of a session";  // [MQTT-3.2.2-6]
    body = body.subspan(2);
    if (version == Version::v3_1_1) return body.empty() ? nullptr : "CONNACK is too long";
    if (body.empty()) return out.code >= 1 && out.code <= 5 ? nullptr : "CONNACK is cut short";
    Bytes block;
    if (Fault fault = take_properties(body, Packet::connack, block)) return fault;
    if (!body.empty()) return "CONNACK is too long";
    PropertyReader reader(block);
    for (PropertyView p; reader.next(p);) apply(p, out);
    return nullptr;
}

Fault decode_ack(std::uint8_t first, Bytes body, Version version, Ack& out) {
    out = {};
    const auto packet = static_cast<Packet>(first >> 4U);
    const unsigned flags = packet == Packet::pubrel ? 2U : 0U;  // [MQTT-3.6.1-1]
    if ((first & 0x0FU) != flags) return "an acknowledgement with reserved flags set";
    if (body.size() < 2) return "an acknowledgement is cut short";
    out.packet_id = two_bytes(body.data());
    if (out.packet_id == 0) return "an acknowledgement of packet identifier 0";
    body = body.subspan(2);
    if (version == Version::v3_1_1) return body.empty() ? nullptr : "an acknowledgement is too long";
    if (body.empty()) return nullptr;
    out.code = body[0];
    body = body.subspan(1);
    if (body.empty()) return nullptr;
    Bytes block;
    if (Fault fault = take_properties(body, packet, block)) return fault;
    if (!body.empty()) return "an acknowledgement is too long";
    return reason_string_of(block, out.reason_string);
}

Fault decode_granted(std::uint8_t first, Bytes body, Version version, Granted& out) {
    out = {};
    const auto packet = static_cast<Packet>(first >> 4U);
    if ((first & 0x0FU) != 0) return "SUBACK with reserved flags set";
    if (body.size() < 2) return "SUBACK is cut short";
    out.packet_id = two_bytes(body.data());
    if (out.packet_id == 0) return "SUBACK for packet identifier 0";
    body = body.subspan(2);
    if (version == Version::v5) {
        Bytes block;
        if (Fault fault = take_properties(body, packet, block)) return fault;
        if (Fault fault = reason_string_of(block, out.reason_string)) return fault;
    } else if (packet == Packet::unsuback) {
        return body.empty() ? nullptr : "UNSUBACK is too long";
    }
    if (body.empty()) return "SUBACK without a reason code";
    out.codes = body;
    return nullptr;
}

Fault decode_disconnect(std::uint8_t first, Bytes body, Version version, Goodbye& out) {
    out = {};
    if ((first & 0x0FU) != 0) return "DISCONNECT with reserved flags set";
    if (version == Version::v3_1_1) return "a broker does not send DISCONNECT in MQTT 3.1.1";
    if (body.empty()) return nullptr;
    out.code = body[0];
    body = body.subspan(1);
    if (body.empty()) return nullptr;
    Bytes block;
    if (Fault fault = take_properties(body, Packet::disconnect, block)) return fault;
    if (!body.empty()) return "DISCONNECT is too long";
    PropertyReader reader(block);
    for (PropertyView p; reader.next(p);) {
        if (p.id == Property::reason_string) out.reason_string = p.text;
        if (p.id == Property::server_reference) out.server_reference = p.text;
    }
    return nullptr;
}

}  // namespace leat::mqtt
