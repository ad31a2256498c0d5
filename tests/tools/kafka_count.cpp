// Watches how many records a Kafka topic has, without reading them: one line `SECONDS COUNT` for each change.
#include <chrono>
#include <iomanip>
#include <iostream>
#include <thread>

#include "support/kafka_counter.hpp"
#include "tools/arguments.hpp"
#include "tools/stop.hpp"

using namespace leat::test;

namespace {

constexpr std::string_view kUsage =
    "usage: kafka_count --brokers LIST --topic T --partitions N [--until COUNT] [--limit SECONDS]\n"
    "SECONDS are of the monotonic clock. Ends at COUNT records (code 0), or after the limit (code 1).";

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    KafkaCounter counter(arguments.text("brokers"), arguments.text("topic"),
                         static_cast<int>(arguments.number("partitions", 1)));
    const std::uint64_t until = arguments.number("until", 0);
    const double end = now() + arguments.real("limit", 600);
    std::uint64_t seen = 0;
    while (stop_requested == 0 && now() < end && (until == 0 || seen < until)) {
        const std::uint64_t count = counter.count();
        if (count != seen) std::cout << std::fixed << std::setprecision(6) << now() << ' ' << count << std::endl;
        seen = count;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return until != 0 && seen < until ? 1 : 0;
}
