// Bare loop to MQTT, QoS 1: numbered messages on PREFIX/lane in a window of packets without a PUBACK. Prints the
// rate.
#include <chrono>
#include <iostream>

#include "bench/ceilings/bare_mqtt_qos1.hpp"
#include "tools/shape_arguments.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;

constexpr std::string_view kUsage =
    "usage: bare_mqtt1_publish --port P --prefix T --count N [--window W] [--lanes L] [--size BYTES]\n"
    "Ends when all have their PUBACK.";

}  // namespace

int main(int argc, char** argv) {
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    const test::Content content(test::shape_from(arguments));
    const std::uint64_t count = arguments.number("count", 100'000);
    test::MqttWire wire(bare::publisher_options(arguments));
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t landed =
        bare::publish_all(wire, content, {arguments.text("prefix"), count, arguments.number("window", 10'000)});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << "rate " << static_cast<double>(landed) / took.count() << std::endl;
    return landed == count ? 0 : 1;
}
