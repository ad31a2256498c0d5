// Bare loop to MQTT, QoS 1: numbered messages on PREFIX/lane in a window of packets without a PUBACK. Prints the
// rate.
#include <poll.h>

#include <chrono>
#include <iostream>

#include "bench/ceilings/bare_mqtt_qos1.hpp"
#include "tools/shape_arguments.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;
using test::MqttPacket;

constexpr std::string_view kUsage =
    "usage: bare_mqtt1_publish --port P --prefix T --count N [--window W] [--lanes L] [--size BYTES]\n"
    "Ends when all have their PUBACK.";
constexpr std::uint64_t kFew = 256;          // so few in flight that none of them may wait
constexpr std::size_t kUnsent = 256 * 1024;  // bytes that wait for the socket at most

}  // namespace

int main(int argc, char** argv) {
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    const test::Content content(test::shape_from(arguments));
    const std::uint64_t count = arguments.number("count", 100'000);
    const std::uint64_t window = arguments.number("window", 10'000);
    const std::string prefix = arguments.text("prefix") + '/';
    test::MqttWire wire(bare::publisher_options(arguments));
    bare::InOrder<std::uint64_t> in_flight(65'535);
    std::string topic;
    std::string payload;
    std::uint64_t sent = 0;
    std::uint64_t landed = 0;
    const auto begin = std::chrono::steady_clock::now();
    while (landed < count && test::stop_requested == 0) {
        while (sent < count && sent - landed < window && wire.unsent() < kUnsent) {
            content.payload(++sent, payload);
            topic.assign(prefix).append(content.key(sent));
            wire.publish(topic, bare::packet_id_of(in_flight.add(sent)), payload, {}, false);
        }
        if (sent == count || window <= kFew) bare::acknowledge_at_once(wire);
        wire.pump(100, [&](const MqttPacket& packet) { bare::acknowledge(in_flight, packet); });
        in_flight.release([&](std::uint64_t) { ++landed; });
        if (window > 1 && sent < count) wire.gather();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << "rate " << static_cast<double>(landed) / took.count() << std::endl;
    return landed == count ? 0 : 1;
}
