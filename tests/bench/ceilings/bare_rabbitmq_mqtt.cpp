// Bare bridge RabbitMQ -> MQTT: QoS 1, topic = PREFIX/key. Deliveries are acknowledged, cumulatively, once everything
// before them has its PUBACK.
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
    "usage: bare_rabbitmq_mqtt --amqp-port P --queue Q --port P --prefix OUT [--prefetch N]";

class Bridge {
  public:
    explicit Bridge(const test::Arguments& arguments)
        : source_(arguments.number("amqp-port", 5672), arguments.text("queue"), arguments.number("prefetch", 4096)),
          prefix_(arguments.text("prefix") + '/'),
          mqtt_(bare::publisher_options(arguments)) {}

    void run() {
        while (test::stop_requested == 0) {
            pollfd wanted[2] = {{mqtt_.fd(), static_cast<short>(POLLIN | (mqtt_.unsent() > 0 ? POLLOUT : 0)), 0},
                                {source_.fd(), POLLIN, 0}};
            ::poll(wanted, 2, 20);
            source_.take(false, [this](std::uint64_t tag, std::string_view key, std::string_view payload) {
                forward(tag, key, payload);
            });
            mqtt_.pump(0, [this](const MqttPacket& packet) { bare::acknowledge(in_flight_, packet); });
            std::uint64_t landed = 0;
            in_flight_.release([&](std::uint64_t tag) { landed = tag; });
            source_.acknowledge(landed);
            mqtt_.gather();
        }
        std::cout << "forwarded " << forwarded_ << std::endl;
    }

  private:
    void forward(std::uint64_t tag, std::string_view key, std::string_view payload) {  // hot: per message
        const std::uint64_t token = in_flight_.add(tag);
        topic_.assign(prefix_).append(key);
        mqtt_.publish(topic_, bare::packet_id_of(token), payload, {}, false);
        ++forwarded_;
    }

    bare::Consumer source_;
    std::string prefix_;
    std::string topic_;
    test::MqttWire mqtt_;
    bare::InOrder<std::uint64_t> in_flight_{65'536};
    std::uint64_t forwarded_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return bare::run_bridge<Bridge>(argc, argv, kUsage); }
