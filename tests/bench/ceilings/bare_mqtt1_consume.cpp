// Bare loop from MQTT, QoS 1: reads a session that the broker keeps and acknowledges what has come, in one write for
// each portion read. Prints the rate, from the first message on.
#include <chrono>
#include <iostream>

#include "bench/ceilings/bare_mqtt_qos1.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;
using test::MqttPacket;

constexpr std::string_view kUsage =
    "usage: bare_mqtt1_consume --port P --filter F --client-id ID --expect N\n"
    "Ends after N messages, or at SIGTERM. N = 0: it subscribes, and its session stays.";

}  // namespace

int main(int argc, char** argv) {
    using Clock = std::chrono::steady_clock;
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    const std::uint64_t expected = arguments.number("expect", 0);
    test::MqttWire wire(bare::reader_options(arguments));
    bool is_subscribed = wire.session_present();
    if (!is_subscribed) wire.subscribe({arguments.text("filter")}, 1);
    std::uint64_t taken = 0;
    Clock::time_point begin = Clock::now();
    while (test::stop_requested == 0 && (taken < expected || !is_subscribed)) {
        const bool is_first = taken == 0;
        wire.pump(100, [&](const MqttPacket& packet) {
            is_subscribed |= packet.type == MqttPacket::suback;
            if (packet.type != MqttPacket::publish) return;
            ++taken;
            wire.puback(packet.packet_id);
        });
        if (is_first && taken > 0) begin = Clock::now();
        wire.send();
        wire.gather();
    }
    const std::chrono::duration<double> took = Clock::now() - begin;
    while (wire.unsent() > 0 && test::stop_requested == 0) wire.pump(100, [](const MqttPacket&) {});
    wire.disconnect();
    wire.send();
    std::cout << "taken " << taken << "\nrate " << static_cast<double>(taken) / took.count() << std::endl;
    return taken >= expected ? 0 : 1;
}
