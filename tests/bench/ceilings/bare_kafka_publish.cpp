// Bare loop to Kafka: numbered messages through one idempotent producer, in a window. Prints the rate.
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <iostream>

#include "bench/ceilings/bare_sink.hpp"
#include "tools/shape_arguments.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;

constexpr std::string_view kUsage =
    "usage: bare_kafka_publish --brokers LIST --topic T --count N [--window W] [--stay 0|1] [--lanes L] [--size "
    "BYTES]\n"
    "                          [--set name=value]...\n"
    "Ends when all have landed; with --stay at SIGTERM.";

}  // namespace

int main(int argc, char** argv) {
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    const test::Content content(test::shape_from(arguments));
    const std::uint64_t count = arguments.number("count", 1'000'000);
    const std::uint64_t window = arguments.number("window", 100'000);
    bare::Sink sink(arguments, arguments.text("topic"));
    std::string payload;
    std::uint64_t sent = 0;
    std::uint64_t landed = 0;
    const auto begin = std::chrono::steady_clock::now();
    while (landed < count && test::stop_requested == 0) {
        for (std::size_t run = 0; run < 1000 && sent < count && sent - landed < window; ++run) {
            content.payload(++sent, payload);
            sink.produce(content.key(sent), payload, sent);
        }
        pollfd wanted{sink.fd(), POLLIN, 0};
        if (sent == count || sent - landed >= window) ::poll(&wanted, 1, 100);
        sink.take_reports([&](std::uint64_t) { ++landed; });
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << "rate " << static_cast<double>(landed) / took.count() << std::endl;
    while (arguments.number("stay", 0) != 0 && test::stop_requested == 0) ::pause();
    return landed == count ? 0 : 1;
}
