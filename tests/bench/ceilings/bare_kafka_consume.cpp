// Bare loop from Kafka: one group consumer that commits what it has read. Prints the rate, from the first message on.
#include <poll.h>

#include <chrono>
#include <iostream>

#include "bench/ceilings/bare_source.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;

constexpr std::string_view kUsage =
    "usage: bare_kafka_consume --brokers LIST --topic T [--group G] [--expect N] [--set-consumer name=value]...\n"
    "Ends after N messages, or at SIGTERM.";

}  // namespace

int main(int argc, char** argv) {
    using Clock = std::chrono::steady_clock;
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    const std::uint64_t expected = arguments.number("expect", ~std::uint64_t{0});
    bare::Source source(arguments);
    std::uint64_t taken = 0;
    std::uint64_t at_first = 0;  // beyond what the router has at once: no time has gone by for them
    Clock::time_point begin = Clock::now();
    while (test::stop_requested == 0 && taken < expected) {
        pollfd wanted{source.fd(), POLLIN, 0};
        ::poll(&wanted, 1, source.has_more() ? 0 : 20);
        source.drain_fd();
        const bool is_first = taken == 0;
        source.take(1000, [&](const rd_kafka_message_t& message) {
            source.landed({message.partition, message.offset});
            ++taken;
        });
        if (is_first && taken > 0) {
            begin = Clock::now();
            at_first = bare::beyond_a_batch(taken);
        }
        source.commit_when_due();
    }
    const std::chrono::duration<double> took = Clock::now() - begin;
    source.close();
    std::cout << "taken " << taken << "\nrate " << static_cast<double>(taken - at_first) / took.count() << std::endl;
    return 0;
}
