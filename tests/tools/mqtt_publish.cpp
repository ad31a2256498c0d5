// Publishes numbered messages with QoS 1 or 2 and writes down the acknowledged ones.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include "tools/hold.hpp"
#include "tools/mqtt_publisher.hpp"
#include "tools/shape_arguments.hpp"
#include "tools/stop.hpp"

using namespace leat::test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::string_view kUsage =
    "usage: mqtt_publish --port P --record FILE [--prefix in] [--count N] [--first ID] [--rate PER_SECOND]\n"
    "                    [--kind numbered|sensor] [--lanes L] [--size BYTES] [--version 4|5] [--window W]\n"
    "                    [--client-id ID] [--headers 0|1] [--host H] [--qos 1|2] [--first-part N --until FILE]\n"
    "Publishes ids FIRST to FIRST + COUNT - 1 (without --count: until SIGTERM), and ends when all are acknowledged.";

struct Pace {
    double rate;  ///< per second; 0: flat out
    Clock::time_point begin = Clock::now();

    std::uint64_t due(std::uint64_t count) const {
        if (rate <= 0) return count;
        const std::chrono::duration<double> passed = Clock::now() - begin;
        return std::min(count, static_cast<std::uint64_t>(passed.count() * rate) + 1);
    }
};

MqttPublisher::Options options_from(const Arguments& arguments) {
    MqttPublisher::Options options;
    options.connection.host = arguments.text("host", "127.0.0.1");
    options.connection.port = static_cast<std::uint16_t>(arguments.number("port", 1883));
    options.connection.version = static_cast<int>(arguments.number("version", 5));
    options.connection.client_id = arguments.text("client-id", "publisher");
    options.connection.publish_qos = static_cast<std::uint8_t>(arguments.number("qos", 1));
    options.prefix = arguments.text("prefix", "in");
    options.headers = options.connection.version == 5 && arguments.number("headers", 1) != 0;
    options.window = static_cast<std::uint16_t>(arguments.number("window", 2000));
    return options;
}

void wait_for_broker(MqttPublisher& publisher) {
    while (!publisher.connected() && stop_requested == 0) {
        if (!publisher.connect()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    const Content content(shape_from(arguments));
    MqttPublisher publisher(options_from(arguments), content, arguments.text("record"));

    const std::uint64_t first = arguments.number("first", 1);
    const std::uint64_t count = arguments.number("count", ~0ULL);
    const Pace pace{arguments.real("rate", 0)};
    Hold hold(arguments);
    std::uint64_t sent = 0;
    while (stop_requested == 0 && (sent < count || publisher.unacknowledged() > 0)) {
        wait_for_broker(publisher);
        const std::uint64_t allowed = hold.allowed(count, sent);
        const std::uint64_t due = pace.due(allowed);
        for (auto room = publisher.room(); room > 0 && sent < due; --room) publisher.publish(first + sent++);
        publisher.pump(pace.rate > 0 || (sent == allowed && sent < count) ? 2 : 100);
    }
    const auto patience = Clock::now() + std::chrono::seconds(5);
    while (publisher.connected() && publisher.unacknowledged() > 0 && Clock::now() < patience) publisher.pump(100);

    const std::chrono::duration<double> passed = Clock::now() - pace.begin;
    std::cout << "acknowledged " << publisher.acknowledged() << ", resent " << publisher.resent()
              << ", without subscriber " << publisher.without_subscriber() << ", refused " << publisher.refused()
              << ", in " << passed.count() << " s\n";
    return 0;
}
