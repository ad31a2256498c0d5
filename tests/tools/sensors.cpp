// Simulated sensors of a plant, for the demo: readings as JSON, QoS 1, at a rate, and a file of the acknowledged
// ones. The programs mqtt_publish and sensors differ in this only: sensors never ends by itself and its messages look
// like
//   p7/press/3/temp {"sensor":"press/3","value":81.2,"n":123}
#include <chrono>
#include <iostream>
#include <thread>

#include "tools/arguments.hpp"
#include "tools/mqtt_publisher.hpp"
#include "tools/stop.hpp"

using namespace leat::test;

namespace {

constexpr std::string_view kUsage =
    "usage: sensors --port P --record FILE [--rate PER_SECOND] [--sensors N] [--prefix p7] [--host H]\n"
    "Publishes until SIGTERM, then waits for what is unacknowledged.";

}  // namespace

int main(int argc, char** argv) {
    using Clock = std::chrono::steady_clock;
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    const Content content(
        {.kind = Content::Kind::sensor, .lanes = static_cast<std::uint32_t>(arguments.number("sensors", 16))});
    MqttPublisher::Options options;
    options.connection.host = arguments.text("host", "127.0.0.1");
    options.connection.port = static_cast<std::uint16_t>(arguments.number("port", 1883));
    options.connection.client_id = "sensors";
    options.prefix = arguments.text("prefix", "p7");
    MqttPublisher sensors(options, content, arguments.text("record"));
    const double rate = arguments.real("rate", 1000);
    const auto begin = Clock::now();
    std::uint64_t sent = 0;
    while (stop_requested == 0) {
        if (!sensors.connected() && !sensors.connect()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
        const std::chrono::duration<double> passed = Clock::now() - begin;
        const auto due = static_cast<std::uint64_t>(passed.count() * rate);
        for (auto room = sensors.room(); room > 0 && sent < due; --room) sensors.publish(++sent);
        sensors.pump(2);
    }
    const auto patience = Clock::now() + std::chrono::seconds(5);
    while (sensors.connected() && sensors.unacknowledged() > 0 && Clock::now() < patience) sensors.pump(100);
    std::cout << "acknowledged " << sensors.acknowledged() << std::endl;
    return 0;
}
