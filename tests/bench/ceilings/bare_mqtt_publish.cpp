// Raw loop to MQTT, QoS 0: numbered payloads encoded one behind the other and written in large pieces. The ceiling of
// a route that publishes with QoS 0, and the publisher of bare_mqtt_receive and of sources with QoS 0.
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <iostream>

#include "bench/ceilings/bare_mqtt.hpp"
#include "tools/arguments.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;

constexpr std::string_view kUsage =
    "usage: bare_mqtt_publish --port P --topic T --count N [--size BYTES] [--stay 0|1]\n"
    "Ends when the broker has taken all: it answers a PINGREQ behind them. With --stay at SIGTERM.";
constexpr std::size_t kWriteAtOnce = 256 * 1024;

class Publisher {
  public:
    explicit Publisher(const test::Arguments& arguments)
        : wire_({.port = static_cast<std::uint16_t>(arguments.number("port", 1883)), .client_id = "bare-publisher"}),
          packet_(arguments.text("topic"), arguments.number("size", 100)) {}

    void run(std::uint64_t count) {
        for (std::uint64_t number = 0; number < count && test::stop_requested == 0;) {
            for (; number < count && out_.size() < kWriteAtOnce; ++number) packet_.append(out_, number);
            bare::write_all(wire_.fd(), out_);
        }
        out_.append("\xC0\x00", 2);  // PINGREQ
        bare::write_all(wire_.fd(), out_);
        bool is_answered = false;
        while (!is_answered && test::stop_requested == 0)
            wire_.pump(1000, [&](const test::MqttPacket& p) { is_answered = p.type == test::MqttPacket::pingresp; });
    }

  private:
    test::MqttWire wire_;
    bare::NumberedPublish packet_;
    std::string out_;
};

}  // namespace

int main(int argc, char** argv) {
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    const std::uint64_t count = arguments.number("count", 1'000'000);
    Publisher publisher(arguments);
    const auto begin = std::chrono::steady_clock::now();
    publisher.run(count);
    bare::tell("published", count, std::chrono::steady_clock::now() - begin);
    while (arguments.number("stay", 0) != 0 && test::stop_requested == 0) ::pause();
    return 0;
}
