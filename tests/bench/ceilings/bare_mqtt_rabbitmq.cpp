// Bare bridge MQTT -> RabbitMQ: QoS 1, a session that the broker keeps, persistent messages. PUBACKs leave in order,
// once the message is confirmed.
#include <poll.h>

#include <iostream>
#include <string_view>

#include "bench/ceilings/bare_mqtt_qos1.hpp"
#include "bench/ceilings/bare_rabbitmq.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;
using test::MqttPacket;

constexpr std::string_view kUsage =
    "usage: bare_mqtt_rabbitmq --port P --filter F --amqp-port P --queue Q [--client-id ID] [--in-flight N]";

class Bridge {
  public:
    explicit Bridge(const test::Arguments& arguments)
        : sink_(arguments.number("amqp-port", 5672), arguments.text("queue")),
          mqtt_(bare::reader_options(arguments)),
          max_in_flight_(arguments.number("in-flight", 10'000)) {
        if (!mqtt_.session_present()) mqtt_.subscribe({arguments.text("filter")}, 1);
    }

    void run() {
        while (test::stop_requested == 0) {
            const bool may_read = in_flight_.size() < max_in_flight_;
            pollfd wanted[2] = {{mqtt_.fd(), static_cast<short>(may_read ? POLLIN : 0), 0}, {sink_.fd(), POLLIN, 0}};
            ::poll(wanted, 2, 100);
            if (may_read) mqtt_.pump(0, [this](const MqttPacket& packet) { forward(packet); });
            sink_.take_confirms(false,
                                [this](std::uint64_t tag, bool multiple) { in_flight_.confirmed(tag, multiple); });
            in_flight_.release([this](std::uint16_t packet_id) { mqtt_.puback(packet_id); });
            mqtt_.send();
            mqtt_.gather();
        }
        std::cout << "forwarded " << forwarded_ << std::endl;
        mqtt_.disconnect();
        mqtt_.send();
    }

  private:
    void forward(const MqttPacket& packet) {  // hot: per message
        if (packet.type != MqttPacket::publish) return;
        in_flight_.add(packet.packet_id);
        sink_.publish(packet.payload);
        ++forwarded_;
    }

    bare::Publisher sink_;
    test::MqttWire mqtt_;
    bare::InOrder<std::uint16_t> in_flight_{65'536};
    std::uint64_t max_in_flight_;
    std::uint64_t forwarded_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return bare::run_bridge<Bridge>(argc, argv, kUsage); }
