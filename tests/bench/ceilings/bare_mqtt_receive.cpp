// Raw loop from MQTT, QoS 0: cuts packets out of what the socket gives, copies each payload to memory, and checks the
// numbers that bare_mqtt_publish writes. The ceiling of a route from an MQTT source with QoS 0 to memory.
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <iostream>
#include <vector>

#include "bench/ceilings/bare_mqtt.hpp"
#include "tools/arguments.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kUsage =
    "usage: bare_mqtt_receive --port P --topic FILTER --expect N [--stay 0|1]\n"
    "Says `subscribed` once it is. Ends after N messages or at SIGTERM; code 1 when one was missing or out of order.";
constexpr std::size_t kReadAtOnce = 256 * 1024;
constexpr std::size_t kMemory = 8 * 1024 * 1024;

class Receiver {
  public:
    explicit Receiver(const test::Arguments& arguments)
        : wire_({.port = static_cast<std::uint16_t>(arguments.number("port", 1883)), .client_id = "bare-receiver"}),
          memory_(kMemory) {
        wire_.subscribe({arguments.text("topic")}, 1);
        bool is_subscribed = false;
        while (!is_subscribed && test::stop_requested == 0)
            wire_.pump(1000, [&](const test::MqttPacket& p) { is_subscribed |= p.type == test::MqttPacket::suback; });
        std::cout << "subscribed" << std::endl;
    }

    void run(std::uint64_t expected) {
        in_.resize(2 * kReadAtOnce);
        while (received_ < expected && test::stop_requested == 0) {
            pollfd readable{wire_.fd(), POLLIN, 0};
            const ssize_t got = ::recv(wire_.fd(), in_.data() + held_, kReadAtOnce, 0);
            if (got == 0) return;
            if (got < 0) {
                ::poll(&readable, 1, 100);
                continue;
            }
            if (received_ == 0) begin_ = Clock::now();
            held_ += static_cast<std::size_t>(got);
            const std::size_t taken = bare::each_packet(
                {in_.data(), held_}, [this](std::uint8_t first, std::string_view body) { take(first, body); });
            std::memmove(in_.data(), in_.data() + taken, held_ -= taken);
        }
        bare::tell("received", received_, Clock::now() - begin_);
        if (!is_in_order_) std::cout << "out of order" << std::endl;
    }

    [[nodiscard]] std::uint64_t received() const { return received_; }
    [[nodiscard]] bool in_order() const { return is_in_order_; }

  private:
    void take(std::uint8_t first, std::string_view body) {  // hot: per message
        if (first >> 4U != test::MqttPacket::publish) return;
        const std::string_view payload = bare::payload_of(first, body);
        if (at_ + payload.size() > memory_.size()) at_ = 0;
        std::memcpy(memory_.data() + at_, payload.data(), payload.size());
        at_ += payload.size();
        is_in_order_ = is_in_order_ && bare::number_of(payload) == received_;
        ++received_;
    }

    test::MqttWire wire_;
    std::vector<char> in_;
    std::size_t held_ = 0;
    std::vector<char> memory_;
    std::size_t at_ = 0;
    std::uint64_t received_ = 0;
    bool is_in_order_ = true;
    Clock::time_point begin_;
};

}  // namespace

int main(int argc, char** argv) {
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    const std::uint64_t expected = arguments.number("expect", 1'000'000);
    Receiver receiver(arguments);
    receiver.run(expected);
    while (arguments.number("stay", 0) != 0 && test::stop_requested == 0) ::poll(nullptr, 0, 100);
    return receiver.received() == expected && receiver.in_order() ? 0 : 1;
}
