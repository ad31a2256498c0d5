// Bare bridge RabbitMQ -> RabbitMQ: from queue to queue over two connections, persistent messages. Deliveries are
// acknowledged, cumulatively, once everything before them is confirmed.
#include <poll.h>

#include <iostream>
#include <string_view>

#include "bench/ceilings/bare.hpp"
#include "bench/ceilings/bare_rabbitmq.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;

constexpr std::string_view kUsage =
    "usage: bare_rabbitmq_rabbitmq --amqp-port P --queue FROM --to QUEUE [--prefetch N]";

class Bridge {
  public:
    explicit Bridge(const test::Arguments& arguments)
        : source_(arguments.number("amqp-port", 5672), arguments.text("queue"), arguments.number("prefetch", 4096)),
          sink_(arguments.number("amqp-port", 5672), arguments.text("to")) {}

    void run() {
        while (test::stop_requested == 0) {
            pollfd wanted[2] = {{source_.fd(), POLLIN, 0}, {sink_.fd(), POLLIN, 0}};
            ::poll(wanted, 2, 20);
            source_.take(false, [this](std::uint64_t tag, std::string_view key, std::string_view payload) {
                in_flight_.add(tag);
                sink_.publish(payload, key);
                ++forwarded_;
            });
            sink_.take_confirms(false,
                                [this](std::uint64_t tag, bool multiple) { in_flight_.confirmed(tag, multiple); });
            std::uint64_t landed = 0;
            in_flight_.release([&](std::uint64_t tag) { landed = tag; });
            source_.acknowledge(landed);
        }
        std::cout << "forwarded " << forwarded_ << std::endl;
    }

  private:
    bare::Consumer source_;
    bare::Publisher sink_;
    bare::InOrder<std::uint64_t> in_flight_{65'536};
    std::uint64_t forwarded_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return bare::run_bridge<Bridge>(argc, argv, kUsage); }
