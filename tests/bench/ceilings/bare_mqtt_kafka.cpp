// Bare bridge MQTT -> Kafka: QoS 1, a session that the broker keeps, key = the last topic level. PUBACKs leave in
// order, once the delivery report is there.
#include <poll.h>

#include <iostream>
#include <string_view>

#include "bench/ceilings/bare_mqtt_qos1.hpp"
#include "bench/ceilings/bare_sink.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;
using test::MqttPacket;

constexpr std::string_view kUsage =
    "usage: bare_mqtt_kafka --port P --filter F --brokers LIST --to TOPIC [--client-id ID] [--in-flight N] [--set "
    "name=value]...";

class Bridge {
  public:
    explicit Bridge(const test::Arguments& arguments)
        : sink_(arguments, arguments.text("to")),
          mqtt_(bare::reader_options(arguments)),
          max_in_flight_(arguments.number("in-flight", 20'000)) {
        if (!mqtt_.session_present()) mqtt_.subscribe({arguments.text("filter")}, 1);
    }

    void run() {
        while (test::stop_requested == 0) {
            const bool may_read = in_flight_.size() < max_in_flight_;
            wait(may_read);
            if (may_read) mqtt_.pump(0, [this](const MqttPacket& packet) { forward(packet); });
            sink_.take_reports([this](std::uint64_t token) { in_flight_.done(token); });
            in_flight_.release([this](std::uint16_t packet_id) { mqtt_.puback(packet_id); });
            mqtt_.send();
            mqtt_.gather();
        }
        std::cout << "forwarded " << forwarded_ << std::endl;
        mqtt_.disconnect();
        mqtt_.send();
    }

  private:
    void wait(bool may_read) {
        pollfd wanted[2] = {{mqtt_.fd(), static_cast<short>(may_read ? POLLIN : 0), 0}, {sink_.fd(), POLLIN, 0}};
        ::poll(wanted, 2, 100);
    }

    void forward(const MqttPacket& packet) {  // hot: per message
        if (packet.type != MqttPacket::publish) return;
        const std::uint64_t token = in_flight_.add(packet.packet_id);
        sink_.produce(packet.topic.substr(packet.topic.rfind('/') + 1), packet.payload, token);
        ++forwarded_;
    }

    bare::Sink sink_;
    test::MqttWire mqtt_;
    bare::InOrder<std::uint16_t> in_flight_{65'536};
    std::uint64_t max_in_flight_;
    std::uint64_t forwarded_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return bare::run_bridge<Bridge>(argc, argv, kUsage); }
