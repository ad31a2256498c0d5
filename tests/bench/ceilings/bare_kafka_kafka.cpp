// Bare bridge Kafka -> Kafka: same key, same payload. Offsets are committed once everything before them has its
// report.
#include <poll.h>

#include <iostream>
#include <string_view>

#include "bench/ceilings/bare_sink.hpp"
#include "bench/ceilings/bare_source.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;

constexpr std::string_view kUsage =
    "usage: bare_kafka_kafka --brokers LIST --topic FROM --to TOPIC [--group G] [--window N] [--in-flight N]\n"
    "       [--set name=value]... [--set-consumer name=value]...";

class Bridge {
  public:
    explicit Bridge(const test::Arguments& arguments)
        : source_(arguments),
          sink_(arguments, arguments.text("to")),
          max_in_flight_(arguments.number("in-flight", 100'000)) {}

    void run() {
        while (test::stop_requested == 0) {
            wait();
            if (in_flight_.size() < max_in_flight_) {
                source_.take(1000, [this](const rd_kafka_message_t& message) { forward(message); });
            }
            sink_.take_reports([this](std::uint64_t token) { in_flight_.done(token); });
            in_flight_.release([this](const bare::Position& position) { source_.landed(position); });
            source_.commit_when_due();
        }
        source_.close();
        std::cout << "forwarded " << forwarded_ << std::endl;
    }

  private:
    void wait() {
        const bool may_take = in_flight_.size() < max_in_flight_;
        pollfd wanted[2] = {{source_.fd(), static_cast<short>(may_take ? POLLIN : 0), 0}, {sink_.fd(), POLLIN, 0}};
        ::poll(wanted, 2, source_.has_more() && may_take ? 0 : 20);
        source_.drain_fd();
    }

    void forward(const rd_kafka_message_t& message) {  // hot: per message
        const std::uint64_t token = in_flight_.add({message.partition, message.offset});
        sink_.produce({static_cast<const char*>(message.key), message.key_len},
                      {static_cast<const char*>(message.payload), message.len}, token);
        ++forwarded_;
    }

    bare::Source source_;
    bare::Sink sink_;
    bare::InOrder<bare::Position> in_flight_{131'072};
    std::uint64_t max_in_flight_;
    std::uint64_t forwarded_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return bare::run_bridge<Bridge>(argc, argv, kUsage); }
