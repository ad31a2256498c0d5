// Bare bridge MQTT -> MQTT: QoS 1 on both sides, a session that the broker keeps, two connections. Topic = OUT/ and
// the last level of the one a message came from. PUBACKs leave in order, once the message has its own.
#include <poll.h>

#include <iostream>
#include <string_view>

#include "bench/ceilings/bare_mqtt_qos1.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;
using test::MqttPacket;

constexpr std::string_view kUsage =
    "usage: bare_mqtt_mqtt --port P --filter F --prefix OUT [--client-id ID] [--in-flight N]";

class Bridge {
  public:
    explicit Bridge(const test::Arguments& arguments)
        : source_(bare::reader_options(arguments)),
          sink_(bare::publisher_options(arguments)),
          prefix_(arguments.text("prefix") + '/'),
          max_in_flight_(arguments.number("in-flight", 10'000)) {
        if (!source_.session_present()) source_.subscribe({arguments.text("filter")}, 1);
    }

    void run() {
        while (test::stop_requested == 0) {
            const bool may_read = in_flight_.size() < max_in_flight_;
            pollfd wanted[2] = {{source_.fd(), static_cast<short>(may_read ? POLLIN : 0), 0},
                                {sink_.fd(), static_cast<short>(POLLIN | (sink_.unsent() > 0 ? POLLOUT : 0)), 0}};
            ::poll(wanted, 2, 20);
            if (may_read) source_.pump(0, [this](const MqttPacket& packet) { forward(packet); });
            sink_.pump(0, [this](const MqttPacket& packet) { bare::acknowledge(in_flight_, packet); });
            in_flight_.release([this](std::uint16_t packet_id) { source_.puback(packet_id); });
            source_.send();
            sink_.gather();
        }
        std::cout << "forwarded " << forwarded_ << std::endl;
        source_.disconnect();
        source_.send();
    }

  private:
    void forward(const MqttPacket& packet) {  // hot: per message
        if (packet.type != MqttPacket::publish) return;
        const std::uint64_t token = in_flight_.add(packet.packet_id);
        topic_.assign(prefix_).append(packet.topic.substr(packet.topic.rfind('/') + 1));
        sink_.publish(topic_, bare::packet_id_of(token), packet.payload, {}, false);
        ++forwarded_;
    }

    test::MqttWire source_;
    test::MqttWire sink_;
    std::string prefix_;
    std::string topic_;
    bare::InOrder<std::uint16_t> in_flight_{65'536};
    std::uint64_t max_in_flight_;
    std::uint64_t forwarded_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return bare::run_bridge<Bridge>(argc, argv, kUsage); }
