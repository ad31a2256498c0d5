// Bare bridge RabbitMQ -> Kafka: key from the key header, same payload. Deliveries are acknowledged, cumulatively,
// once everything before them has its report.
#include <poll.h>

#include <iostream>
#include <string_view>

#include "bench/ceilings/bare_rabbitmq.hpp"
#include "bench/ceilings/bare_sink.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;

constexpr std::string_view kUsage =
    "usage: bare_rabbitmq_kafka --brokers LIST --to TOPIC --amqp-port P --queue Q [--prefetch N] [--set "
    "name=value]...";

class Bridge {
  public:
    explicit Bridge(const test::Arguments& arguments)
        : prefetch_(arguments.number("prefetch", 4096)),
          source_(arguments.number("amqp-port", 5672), arguments.text("queue"), prefetch_),
          sink_(arguments, arguments.text("to")) {}

    void run() {
        while (test::stop_requested == 0) {
            pollfd wanted[2] = {{source_.fd(), POLLIN, 0}, {sink_.fd(), POLLIN, 0}};
            ::poll(wanted, 2, 20);
            source_.take(false, [this](std::uint64_t tag, std::string_view key, std::string_view payload) {
                sink_.produce(key, payload, in_flight_.add(tag));
                ++forwarded_;
            });
            sink_.take_reports([this](std::uint64_t token) { in_flight_.done(token); });
            std::uint64_t landed = 0;
            in_flight_.release([&](std::uint64_t tag) { landed = tag; });
            source_.acknowledge(landed);
        }
        std::cout << "forwarded " << forwarded_ << std::endl;
    }

  private:
    std::uint64_t prefetch_;
    bare::Consumer source_;
    bare::Sink sink_;
    bare::InOrder<std::uint64_t> in_flight_{65'536};
    std::uint64_t forwarded_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return bare::run_bridge<Bridge>(argc, argv, kUsage); }
