// For tests: the packets that a broker sends, as bytes.
#pragma once

#include <initializer_list>
#include <string_view>

#include "native/codec/encode.hpp"

namespace leat::mqtt::broker {

inline ByteBuffer raw(std::initializer_list<int> bytes) {
    ByteBuffer out;
    for (const int b : bytes) out.push_back(static_cast<std::uint8_t>(b));
    return out;
}

inline ByteBuffer connack(bool session_present, Version version = Version::v5) {
    return version == Version::v5 ? raw({0x20, 3, session_present, 0, 0}) : raw({0x20, 2, session_present, 0});
}

inline ByteBuffer publish(std::uint16_t id, std::string_view topic, std::string_view payload, bool dup = false,
                          Version version = Version::v5) {
    Publish p;
    p.topic = topic;
    p.payload = as_bytes(payload);
    p.packet_id = id;
    p.qos = id == 0 ? 0 : 1;
    p.dup = dup;
    ByteBuffer out(publish_size(p, version));
    write_publish(out.data(), p, version);
    return out;
}

inline ByteBuffer puback(std::uint16_t id, std::uint8_t code = 0) {
    ByteBuffer out;
    encode_ack(out, Packet::puback, id, code, Version::v5);
    return out;
}

inline ByteBuffer operator+(ByteBuffer a, const ByteBuffer& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}  // namespace leat::mqtt::broker
