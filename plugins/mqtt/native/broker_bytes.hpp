// For tests: the packets that a broker sends, as bytes; and those that a client has sent, as words.
#pragma once

#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "native/codec/decode.hpp"
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
                          Version version = Version::v5, std::uint8_t qos = 1) {
    Publish p;
    p.topic = topic;
    p.payload = as_bytes(payload);
    p.packet_id = id;
    p.qos = id == 0 ? std::uint8_t{0} : qos;
    p.dup = dup;
    ByteBuffer out(publish_size(p, version));
    write_publish(out.data(), p, version);
    return out;
}

/// PUBACK, PUBREC, PUBREL, PUBCOMP.
inline ByteBuffer ack(Packet packet, std::uint16_t id, std::uint8_t code = 0) {
    ByteBuffer out;
    encode_ack(out, packet, id, code, Version::v5);
    return out;
}

inline ByteBuffer puback(std::uint16_t id, std::uint8_t code = 0) { return ack(Packet::puback, id, code); }

/// What a client has sent, packet by packet: "PUBLISH t 3", "PUBLISH* t 3" with DUP, "PUBREC 3", "PUBREC 3 0x83".
inline std::vector<std::string> words(Bytes sent, Version version = Version::v5) {
    std::vector<std::string> all;
    Frame frame;
    for (; next_frame(sent, kMaxPacket, frame) == Framing::whole; sent = sent.subspan(frame.size)) {
        Publish p;
        Ack a;
        if (frame.type() == Packet::publish && decode_publish(frame.first, frame.body, version, p) == nullptr) {
            all.push_back(std::string(p.dup ? "PUBLISH* " : "PUBLISH ") + std::string(p.topic) + " " +
                          std::to_string(p.packet_id));
            continue;
        }
        const char* const names[] = {"PUBACK ", "PUBREC ", "PUBREL ", "PUBCOMP "};
        const auto which = static_cast<unsigned>(frame.type()) - static_cast<unsigned>(Packet::puback);
        if (which > 3 || decode_ack(frame.first, frame.body, version, a) != nullptr) {
            all.emplace_back("?");
            continue;
        }
        char code[8] = "";
        if (a.code != 0) std::snprintf(code, sizeof code, " 0x%02X", static_cast<unsigned>(a.code));
        all.push_back(names[which] + std::to_string(a.packet_id) + code);
    }
    return all;
}

inline ByteBuffer operator+(ByteBuffer a, const ByteBuffer& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}  // namespace leat::mqtt::broker
