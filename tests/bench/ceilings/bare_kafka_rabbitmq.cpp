// Bare bridge Kafka -> RabbitMQ: persistent, the key in a header. Offsets are committed once everything before them
// is confirmed.
#include <poll.h>

#include <iostream>
#include <string_view>

#include "bench/ceilings/bare_rabbitmq.hpp"
#include "bench/ceilings/bare_source.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;

constexpr std::string_view kUsage =
    "usage: bare_kafka_rabbitmq --brokers LIST --topic T --amqp-port P --queue Q [--group G] [--in-flight N]";

class Bridge {
  public:
    explicit Bridge(const test::Arguments& arguments)
        : source_(arguments),
          sink_(arguments.number("amqp-port", 5672), arguments.text("queue")),
          max_in_flight_(arguments.number("in-flight", 10'000)) {}

    void run() {
        while (test::stop_requested == 0) {
            const bool may_take = in_flight_.size() < max_in_flight_;
            pollfd wanted[2] = {{sink_.fd(), POLLIN, 0}, {source_.fd(), POLLIN, 0}};
            ::poll(wanted, 2, source_.has_more() && may_take ? 0 : 20);
            source_.drain_fd();
            if (may_take) source_.take(64, [this](const rd_kafka_message_t& message) { forward(message); });
            sink_.take_confirms(false,
                                [this](std::uint64_t tag, bool multiple) { in_flight_.confirmed(tag, multiple); });
            in_flight_.release([this](const bare::Position& position) { source_.landed(position); });
            source_.commit_when_due();
        }
        source_.close();
        std::cout << "forwarded " << forwarded_ << std::endl;
    }

  private:
    void forward(const rd_kafka_message_t& message) {  // hot: per message
        in_flight_.add({message.partition, message.offset});
        sink_.publish({static_cast<const char*>(message.payload), message.len},
                      {static_cast<const char*>(message.key), message.key_len});
        ++forwarded_;
    }

    bare::Source source_;
    bare::Publisher sink_;
    bare::InOrder<bare::Position> in_flight_{65'536};
    std::uint64_t max_in_flight_;
    std::uint64_t forwarded_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return bare::run_bridge<Bridge>(argc, argv, kUsage); }
