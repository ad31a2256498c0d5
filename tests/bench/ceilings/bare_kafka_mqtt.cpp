// Bare bridge Kafka -> MQTT: QoS 1, topic = PREFIX/key. Offsets are committed once everything before them has its
// PUBACK.
#include <poll.h>

#include <iostream>
#include <string_view>

#include "bench/ceilings/bare_source.hpp"
#include "tools/mqtt_wire.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;
using test::MqttPacket;

constexpr std::string_view kUsage =
    "usage: bare_kafka_mqtt --brokers LIST --topic T --port P --prefix OUT [--group G] [--in-flight N] [--set "
    "name=value]...";

class Bridge {
  public:
    explicit Bridge(const test::Arguments& arguments)
        : source_(arguments),
          prefix_(arguments.text("prefix") + '/'),
          mqtt_(connection_options(arguments)),
          max_in_flight_(arguments.number("in-flight", 10'000)) {}

    void run() {
        while (test::stop_requested == 0) {
            wait();
            if (in_flight_.size() < max_in_flight_ && mqtt_.unsent() < 1'000'000) {
                source_.take(256, [this](const rd_kafka_message_t& message) { forward(message); });
            }
            mqtt_.pump(0, [this](const MqttPacket& packet) { acknowledge(packet); });
            in_flight_.release([this](const bare::Position& position) { source_.landed(position); });
            source_.commit_when_due();
            mqtt_.gather();
        }
        source_.close();
        std::cout << "forwarded " << forwarded_ << std::endl;
    }

  private:
    static test::MqttWire::Options connection_options(const test::Arguments& arguments) {
        test::MqttWire::Options options;
        options.port = static_cast<std::uint16_t>(arguments.number("port", 1883));
        options.client_id = "bare-sink";
        options.keep_alive_s = 600;
        return options;
    }

    void wait() {
        const bool may_take = in_flight_.size() < max_in_flight_;
        pollfd wanted[2] = {{mqtt_.fd(), static_cast<short>(POLLIN | (mqtt_.unsent() > 0 ? POLLOUT : 0)), 0},
                            {source_.fd(), POLLIN, 0}};
        ::poll(wanted, 2, source_.has_more() && may_take ? 0 : 20);
        source_.drain_fd();
    }

    void forward(const rd_kafka_message_t& message) {  // hot: per message
        const std::uint64_t token = in_flight_.add({message.partition, message.offset});
        topic_.assign(prefix_).append(static_cast<const char*>(message.key), message.key_len);
        mqtt_.publish(topic_, static_cast<std::uint16_t>(token % 65'535 + 1),
                      {static_cast<const char*>(message.payload), message.len}, {}, false);
        ++forwarded_;
    }

    void acknowledge(const MqttPacket& packet) {  // hot: per message
        if (packet.type != MqttPacket::puback) return;
        if (packet.reason >= 0x80) std::abort();
        const std::uint64_t oldest = in_flight_.oldest();
        const std::uint64_t slot = packet.packet_id - 1U;
        in_flight_.done(oldest + (slot + 65'535 - oldest % 65'535) % 65'535);
    }

    bare::Source source_;
    std::string prefix_;
    std::string topic_;
    test::MqttWire mqtt_;
    bare::InOrder<bare::Position> in_flight_{65'536};
    std::uint64_t max_in_flight_;
    std::uint64_t forwarded_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    Bridge(arguments).run();
    return 0;
}
