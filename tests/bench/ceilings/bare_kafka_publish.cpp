// Bare loop to Kafka: numbered messages through one idempotent producer, in a window. Prints the rate.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

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

constexpr std::uint64_t kMostHeld = 64 << 20;  // bytes of payloads in flight: what has left the caches costs time

// Payloads that are made once and numbered anew for each message, as they stay where they are until it has landed.
class Payloads {
  public:
    Payloads(std::size_t count, std::size_t size) : all_(count, std::string(std::max(size, kDigits), '.')) {
        for (std::size_t i = count; i > 0; --i) free_.push_back(i - 1);
    }
    bool has_free() const { return !free_.empty(); }
    std::size_t take(std::uint64_t number) {  // hot: per message
        const std::size_t place = free_.back();
        free_.pop_back();
        for (std::size_t digit = kDigits; digit > 0; number /= 10) {
            all_[place][--digit] = static_cast<char>('0' + number % 10);
        }
        return place;
    }
    const std::string& at(std::size_t place) const { return all_[place]; }
    void give_back(std::size_t place) { free_.push_back(place); }

  private:
    static constexpr std::size_t kDigits = 20;
    std::vector<std::string> all_;
    std::vector<std::size_t> free_;
};

}  // namespace

int main(int argc, char** argv) {
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    const test::Content content(test::shape_from(arguments));
    const std::uint64_t count = arguments.number("count", 1'000'000);
    const std::uint64_t size = std::max<std::uint64_t>(arguments.number("size", 100), 1);
    const std::uint64_t window = arguments.number("window", std::clamp<std::uint64_t>(kMostHeld / size, 1, 100'000));
    Payloads payloads(window, size);
    bare::Sink sink(arguments, arguments.text("topic"), "5");
    std::uint64_t sent = 0;
    std::uint64_t landed = 0;
    const auto begin = std::chrono::steady_clock::now();
    while (landed < count && test::stop_requested == 0) {
        for (std::size_t run = 0; run < 1000 && sent < count && payloads.has_free(); ++run) {
            const std::size_t place = payloads.take(++sent);
            sink.produce_held(content.key(sent), payloads.at(place), place);
        }
        pollfd wanted{sink.fd(), POLLIN, 0};
        if (sent == count || !payloads.has_free()) ::poll(&wanted, 1, 100);
        sink.take_reports([&](std::uint64_t place) {
            payloads.give_back(place);
            ++landed;
        });
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << "rate " << static_cast<double>(landed) / took.count() << std::endl;
    while (arguments.number("stay", 0) != 0 && test::stop_requested == 0) ::pause();
    return landed == count ? 0 : 1;
}
