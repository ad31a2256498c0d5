// Bare bridge Kafka -> MQTT: QoS 1, topic = PREFIX/key. Offsets are committed once everything before them has its
// PUBACK.
#include <poll.h>

#include <iostream>
#include <string_view>

#include "bench/ceilings/bare_mqtt_qos1.hpp"
#include "bench/ceilings/bare_source.hpp"
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
          mqtt_(bare::publisher_options(arguments)),
          max_in_flight_(arguments.number("in-flight", 10'000)) {}

    void run() {
        while (test::stop_requested == 0) {
            wait();
            if (in_flight_.size() < max_in_flight_ && mqtt_.unsent() < 1'000'000) {
                source_.take(256, [this](const rd_kafka_message_t& message) { forward(message); });
            }
            mqtt_.pump(0, [this](const MqttPacket& packet) { bare::acknowledge(in_flight_, packet); });
            in_flight_.release([this](const bare::Position& position) { source_.landed(position); });
            source_.commit_when_due();
            mqtt_.gather();
        }
        source_.close();
        std::cout << "forwarded " << forwarded_ << std::endl;
    }

  private:
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
        mqtt_.publish(topic_, bare::packet_id_of(token), {static_cast<const char*>(message.payload), message.len}, {},
                      false);
        ++forwarded_;
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

int main(int argc, char** argv) { return bare::run_bridge<Bridge>(argc, argv, kUsage); }
