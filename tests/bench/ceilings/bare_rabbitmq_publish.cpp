// Bare loop to RabbitMQ: numbered messages, persistent, mandatory, with confirmations in a window. Prints the rate.
// Also fills queues for others.
#include <unistd.h>

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
    "usage: bare_rabbitmq_publish --port P --queue Q --count N [--window W] [--keys 0|1] [--record FILE] [--stay "
    "0|1]\n"
    "                             [--lanes L] [--size BYTES]\n"
    "Ends when all are confirmed; with --stay at SIGTERM.";

}  // namespace

int main(int argc, char** argv) {
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    const test::Content content(test::shape_from(arguments));
    const std::uint64_t count = arguments.number("count", 100'000);
    const std::uint64_t window = arguments.number("window", 4096);
    const bool has_keys = arguments.number("keys", 1) != 0;
    std::cout << "settings: window=" << window << " delivery_mode=2 mandatory confirm.select" << std::endl;
    std::unique_ptr<test::RecordWriter> record;
    if (arguments.has("record")) record = std::make_unique<test::RecordWriter>(arguments.text("record"));

    bare::Publisher publisher(arguments.number("port", 5672), arguments.text("queue"));
    std::vector<char> confirmed(count + 1);
    std::uint64_t done = 0;
    std::uint64_t lowest = 1;  // not confirmed
    const auto confirm = [&](std::uint64_t tag, bool multiple) {
        for (std::uint64_t id = multiple ? lowest : tag; id <= tag; ++id) {
            if (confirmed[id]++ != 0) continue;
            ++done;
            if (record) record->add({.id = id, .lane = content.lane(id)});
        }
        while (lowest <= count && confirmed[lowest] != 0) ++lowest;
    };
    std::string payload;
    std::string key;
    std::uint64_t sent = 0;
    const auto begin = std::chrono::steady_clock::now();
    while (done < count && test::stop_requested == 0) {
        for (std::size_t run = 0; run < 64 && sent < count && sent - done < window; ++run) {
            content.payload(++sent, payload);
            if (has_keys) key = content.key(sent);
            publisher.publish(payload, key);
        }
        publisher.take_confirms(sent == count || sent - done >= window, confirm);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << "rate " << static_cast<double>(done) / took.count() << std::endl;
    while (arguments.number("stay", 0) != 0 && test::stop_requested == 0) ::pause();
    return done == count ? 0 : 1;
}
