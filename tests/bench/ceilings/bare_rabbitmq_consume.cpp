// Bare loop from RabbitMQ: reads a queue and acknowledges cumulatively, each time that nothing more is there, at most
// 256 messages together. Prints the rate. With --record it checks and writes down what has come, for an audit.
#include <chrono>
#include <iostream>
#include <memory>

#include "bench/ceilings/bare_rabbitmq.hpp"
#include "support/record.hpp"
#include "tools/shape_arguments.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;

constexpr std::string_view kUsage =
    "usage: bare_rabbitmq_consume --port P --queue Q [--prefetch N] [--expect N] [--record FILE] [--keys 0|1]\n"
    "                             [--lanes L] [--size BYTES]\n"
    "Ends after N messages, or at SIGTERM when nothing more comes.";
constexpr std::uint64_t kMostTogether = 256;

}  // namespace

int main(int argc, char** argv) {
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    const std::uint64_t prefetch = arguments.number("prefetch", 4096);
    std::cout << "settings: prefetch=" << prefetch << " multiple acknowledgements" << std::endl;
    bare::Consumer consumer(arguments.number("port", 5672), arguments.text("queue"), prefetch);
    const test::Content content(test::shape_from(arguments));
    const bool has_keys = arguments.number("keys", 0) != 0;
    const std::uint64_t expected = arguments.number("expect", ~std::uint64_t{0});
    std::unique_ptr<test::RecordWriter> record;
    if (arguments.has("record")) record = std::make_unique<test::RecordWriter>(arguments.text("record"));
    std::uint64_t taken = 0;
    std::uint64_t acknowledged = 0;
    auto begin = std::chrono::steady_clock::now();
    for (bool is_over = false; !is_over && taken < expected;) {
        const std::uint64_t before = taken;
        if (before == 0) begin = std::chrono::steady_clock::now();
        consumer.take(true, [&](std::uint64_t tag, std::string_view key, std::string_view payload) {
            taken = tag;
            if (record) record->add(content.inspect({.payload = payload, .check_key = has_keys, .key = key}));
            if (taken - acknowledged >= kMostTogether) consumer.acknowledge(acknowledged = taken);
        });
        if (taken != acknowledged) consumer.acknowledge(acknowledged = taken);
        is_over = test::stop_requested != 0 && taken == before;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << "taken " << taken << "\nrate " << static_cast<double>(taken) / took.count() << std::endl;
    return 0;
}
