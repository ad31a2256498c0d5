// How the bare bridges with an end at MQTT QoS 1 connect, and which message a PUBACK is for.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>

#include "bench/ceilings/bare.hpp"
#include "tools/arguments.hpp"
#include "tools/mqtt_wire.hpp"

namespace leat::bare {

/** Of a bridge that reads: its session stays at the broker. */
inline test::MqttWire::Options reader_options(const test::Arguments& arguments) {
    test::MqttWire::Options options;
    options.port = static_cast<std::uint16_t>(arguments.number("port", 1883));
    options.client_id = arguments.text("client-id", "bare");
    options.clean = false;
    options.keep_alive_s = 600;
    return options;
}

/** Of a bridge that publishes. */
inline test::MqttWire::Options publisher_options(const test::Arguments& arguments) {
    test::MqttWire::Options options;
    options.port = static_cast<std::uint16_t>(arguments.number("port", 1883));
    options.client_id = "bare-sink";
    options.keep_alive_s = 600;
    return options;
}

/**
 * Has what comes next acknowledged by TCP at once: Mosquitto has Nagle's algorithm on, and a PUBACK behind another
 * waits until that one is acknowledged, which else takes 40 ms when nothing more is sent.
 */
inline void acknowledge_at_once(const test::MqttWire& wire) {
    const int one = 1;
    ::setsockopt(wire.fd(), IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
}

/** The packet identifier of a message: identifiers follow tokens, so that one is found from the other. */
inline std::uint16_t packet_id_of(std::uint64_t token) { return static_cast<std::uint16_t>(token % 65'535 + 1); }

/** Marks done what a PUBACK is for; other packets are passed over. Ends the process where the broker refuses. */
template <class Item>
void acknowledge(InOrder<Item>& in_flight, const test::MqttPacket& packet) {  // hot: per message
    if (packet.type != test::MqttPacket::puback) return;
    if (packet.reason >= 0x80) std::abort();
    const std::uint64_t oldest = in_flight.oldest();
    const std::uint64_t slot = packet.packet_id - 1U;
    in_flight.done(oldest + (slot + 65'535 - oldest % 65'535) % 65'535);
}

}  // namespace leat::bare
