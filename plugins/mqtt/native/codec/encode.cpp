#include "native/codec/encode.hpp"

#include <cstring>

namespace leat::mqtt {
namespace {

void put_byte(ByteBuffer& out, std::size_t value) { out.push_back(static_cast<std::uint8_t>(value)); }

void put_two(ByteBuffer& out, std::size_t value) {
    put_byte(out, value >> 8U);
    put_byte(out, value & 0xFFU);
}

void put_four(ByteBuffer& out, std::size_t value) {
    put_two(out, value >> 16U);
    put_two(out, value & 0xFFFFU);
}

void put_varint(ByteBuffer& out, std::size_t value) {
    for (; value >= 0x80; value >>= 7U) put_byte(out, (value & 0x7FU) | 0x80U);
    put_byte(out, value);
}

void put_text(ByteBuffer& out, std::string_view text) {
    put_two(out, text.size());
    out.insert(out.end(), text.begin(), text.end());
}

std::size_t varint_size(std::size_t value) {
    return value < 0x80 ? 1U : value < 0x4000 ? 2U : value < 0x200000 ? 3U : 4U;
}

std::uint8_t* write_varint(std::uint8_t* at, std::size_t value) {
    for (; value >= 0x80; value >>= 7U) *at++ = static_cast<std::uint8_t>((value & 0x7FU) | 0x80U);
    *at++ = static_cast<std::uint8_t>(value);
    return at;
}

std::uint8_t* write_bytes(std::uint8_t* at, const void* from, std::size_t size) {
    if (size != 0) std::memcpy(at, from, size);
    return at + size;
}

// Makes room for a fixed header, runs `body`, and puts type and remaining length in front of what it appended.
template <class Body>
void put_packet(ByteBuffer& out, unsigned first, Body body) {
    ByteBuffer rest;
    body(rest);
    put_byte(out, first);
    put_varint(out, rest.size());
    out.insert(out.end(), rest.begin(), rest.end());
}

std::size_t publish_remaining(const Publish& p, Version version) {
    const std::size_t properties =
        version == Version::v5 ? varint_size(p.properties.size()) + p.properties.size() : std::size_t{0};
    return 2 + p.topic.size() + (p.qos == 0 ? 0U : 2U) + properties + p.payload.size();
}

void put_connect_properties(ByteBuffer& out, const Connect& c) {
    ByteBuffer block;
    if (c.session_expiry != 0) {
        put_byte(block, static_cast<std::size_t>(Property::session_expiry));
        put_four(block, c.session_expiry);
    }
    if (c.receive_maximum != 65'535) {
        put_byte(block, static_cast<std::size_t>(Property::receive_maximum));
        put_two(block, c.receive_maximum);
    }
    if (c.maximum_packet_size != 0) {
        put_byte(block, static_cast<std::size_t>(Property::maximum_packet_size));
        put_four(block, c.maximum_packet_size);
    }
    put_varint(out, block.size());
    out.insert(out.end(), block.begin(), block.end());
}

void put_will_properties(ByteBuffer& out, const Will& will) {
    ByteBuffer block;
    if (will.delay != 0) {
        put_byte(block, static_cast<std::size_t>(Property::will_delay));
        put_four(block, will.delay);
    }
    if (will.message_expiry != 0) {
        put_byte(block, static_cast<std::size_t>(Property::message_expiry));
        put_four(block, will.message_expiry);
    }
    if (!will.content_type.empty()) {
        put_byte(block, static_cast<std::size_t>(Property::content_type));
        put_text(block, will.content_type);
    }
    for (const auto& [name, value] : will.user_properties) {
        put_byte(block, static_cast<std::size_t>(Property::user));
        put_text(block, name);
        put_text(block, value);
    }
    put_varint(out, block.size());
    out.insert(out.end(), block.begin(), block.end());
}

unsigned will_flags(const Will& will) {
    return 0x04U | (static_cast<unsigned>(will.qos) << 3U) | (will.retain ? 0x20U : 0U);
}

}  // namespace

void encode_connect(ByteBuffer& out, const Connect& c) {
    put_packet(out, 0x10, [&c](ByteBuffer& body) {
        put_text(body, "MQTT");
        put_byte(body, static_cast<std::size_t>(c.version));
        // 3.1.1 allows a password only with a user name [MQTT-3.1.2-22]; an empty one then stands in.
        const bool user = c.user.has_value() || (c.password.has_value() && c.version == Version::v3_1_1);
        put_byte(body, (user ? 0x80U : 0U) | (c.password ? 0x40U : 0U) | (c.clean_start ? 0x02U : 0U) |
                           (c.will ? will_flags(*c.will) : 0U));
        put_two(body, c.keep_alive);
        if (c.version == Version::v5) put_connect_properties(body, c);
        put_text(body, c.client_id);
        if (c.will) {
            if (c.version == Version::v5) put_will_properties(body, *c.will);
            put_text(body, c.will->topic);
            put_text(body, c.will->payload);
        }
        if (user) put_text(body, c.user.value_or(std::string{}));
        if (c.password) put_text(body, *c.password);
    });
}

void encode_subscribe(ByteBuffer& out, std::uint16_t packet_id, std::span<const Wanted> filters, Version version) {
    put_packet(out, 0x82, [&](ByteBuffer& body) {
        put_two(body, packet_id);
        if (version == Version::v5) put_byte(body, 0);
        for (const Wanted& w : filters) {
            put_text(body, w.filter);
            const unsigned v5_bits =
                (w.retain_as_published ? 0x08U : 0U) | (static_cast<unsigned>(w.retain_handling) << 4U);
            put_byte(body, w.qos | (version == Version::v5 ? v5_bits : 0U));
        }
    });
}

void encode_unsubscribe(ByteBuffer& out, std::uint16_t packet_id, std::span<const std::string> filters,
                        Version version) {
    put_packet(out, 0xA2, [&](ByteBuffer& body) {
        put_two(body, packet_id);
        if (version == Version::v5) put_byte(body, 0);
        for (const std::string& filter : filters) put_text(body, filter);
    });
}

void encode_ack(ByteBuffer& out, Packet packet, std::uint16_t packet_id, std::uint8_t code, Version version) {
    const bool with_code = code != reason::success && version == Version::v5;
    const unsigned first = (static_cast<unsigned>(packet) << 4U) | (packet == Packet::pubrel ? 2U : 0U);
    const std::uint8_t bytes[5] = {static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(with_code ? 3 : 2),
                                   static_cast<std::uint8_t>(packet_id >> 8U),
                                   static_cast<std::uint8_t>(packet_id & 0xFFU), code};
    out.insert(out.end(), bytes, bytes + (with_code ? 5 : 4));
}

void encode_pingreq(ByteBuffer& out) {
    put_byte(out, 0xC0);
    put_byte(out, 0);
}

void encode_disconnect(ByteBuffer& out, std::uint8_t code, Version version) {
    put_byte(out, 0xE0);
    const bool with_code = code != 0 && version == Version::v5;
    put_byte(out, with_code ? 1 : 0);
    if (with_code) put_byte(out, code);
}

std::size_t publish_size(const Publish& publish, Version version) {
    const std::size_t remaining = publish_remaining(publish, version);
    return 1 + varint_size(remaining) + remaining;
}

std::uint8_t* write_publish(std::uint8_t* at, const Publish& p, Version version) {
    *at++ = static_cast<std::uint8_t>(0x30U | (p.dup ? 0x08U : 0U) | (static_cast<unsigned>(p.qos) << 1U) |
                                      (p.retain ? 0x01U : 0U));
    at = write_varint(at, publish_remaining(p, version));
    *at++ = static_cast<std::uint8_t>(p.topic.size() >> 8U);
    *at++ = static_cast<std::uint8_t>(p.topic.size() & 0xFFU);
    at = write_bytes(at, p.topic.data(), p.topic.size());
    if (p.qos != 0) {
        *at++ = static_cast<std::uint8_t>(p.packet_id >> 8U);
        *at++ = static_cast<std::uint8_t>(p.packet_id & 0xFFU);
    }
    if (version == Version::v5) {
        at = write_varint(at, p.properties.size());
        at = write_bytes(at, p.properties.data(), p.properties.size());
    }
    return write_bytes(at, p.payload.data(), p.payload.size());
}

}  // namespace leat::mqtt
