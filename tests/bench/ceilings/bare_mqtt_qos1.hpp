// How the bare bridges with an end at MQTT QoS 1 connect, which message a PUBACK is for, and the loop that publishes.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "bench/ceilings/bare.hpp"
#include "tools/arguments.hpp"
#include "tools/content.hpp"
#include "tools/mqtt_wire.hpp"
#include "tools/stop.hpp"

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

/** What publish_all() sends: numbered messages to PREFIX/lane, in a window of packets without a PUBACK. */
struct Publishing {
    std::string prefix;
    std::uint64_t count;
    std::uint64_t window;
    std::uint64_t connections = 1;  ///< that do so at a time: each gets that part of what the broker can do
};

/**
 * Publishes all and waits for their PUBACKs; returns how many had one, fewer only when asked to stop.
 *
 * The socket is kept full: what is made next waits until the last portion is written, and only for room, as whoever
 * waits for PUBACKs, too, is woken for each that Mosquitto writes. They are read when there is room, and where the
 * window is what limits, in portions: half a millisecond of what the broker can do.
 */
inline std::uint64_t publish_all(test::MqttWire& wire, const test::Content& content, const Publishing& what) {
    constexpr std::size_t kPortion = 256 * 1024;  // bytes that are written together
    constexpr std::uint64_t kFew = 256;           // so few in flight that none of them may wait
    InOrder<std::uint64_t> in_flight(65'535);
    std::string topic;
    std::string payload;
    std::uint64_t sent = 0;
    std::uint64_t landed = 0;
    const auto may_send = [&] { return sent < what.count && sent - landed < what.window; };
    while (landed < what.count && test::stop_requested == 0) {
        if (wire.unsent() == 0) {
            while (may_send() && wire.unsent() < kPortion) {
                content.payload(++sent, payload);
                topic.assign(what.prefix).append("/").append(content.key(sent));
                wire.publish(topic, packet_id_of(in_flight.add(sent)), payload, {}, false);
            }
            wire.send();
        }
        if (sent == what.count || what.window <= kFew) acknowledge_at_once(wire);
        if (wire.unsent() > 0) {
            pollfd room{wire.fd(), POLLOUT, 0};
            ::poll(&room, 1, 100);
        }
        const bool waits = wire.unsent() == 0 && !may_send();
        if (waits && sent - landed > kFew) ::usleep(static_cast<useconds_t>(500 * what.connections));
        wire.pump(waits ? 100 : 0, [&](const test::MqttPacket& packet) { acknowledge(in_flight, packet); });
        in_flight.release([&](std::uint64_t) { ++landed; });
    }
    return landed;
}

}  // namespace leat::bare
