// Watches how many messages of a queue are ready: prints `SECONDS COUNT` lines until the count is reached.
#include <chrono>
#include <iomanip>
#include <iostream>
#include <thread>

#include "bench/ceilings/bare_rabbitmq.hpp"
#include "tools/arguments.hpp"
#include "tools/stop.hpp"

namespace {

constexpr std::string_view kUsage =
    "usage: rabbitmq_depth --port P --queue Q --until COUNT [--limit SECONDS]\n"
    "SECONDS are of the monotonic clock. Code 1 when the limit has passed before.";

}  // namespace

int main(int argc, char** argv) {
    using Clock = std::chrono::steady_clock;
    const leat::test::Arguments arguments(argc, argv, kUsage);
    leat::test::stop_on_signals();
    const leat::bare::Amqp amqp(arguments.number("port", 5672));
    const std::string queue = arguments.text("queue");
    const std::uint64_t until = arguments.number("until", 0);
    const auto begin = Clock::now();
    const auto limit = std::chrono::seconds(arguments.number("limit", 120));
    amqp.declare(queue);
    while (leat::test::stop_requested == 0 && Clock::now() - begin < limit) {
        const amqp_queue_declare_ok_t* found = amqp_queue_declare(
            amqp.state(), leat::bare::kChannel, leat::bare::amqp(queue), 1, 0, 0, 0, amqp_empty_table);
        if (found == nullptr) return 2;
        const std::chrono::duration<double> now = Clock::now().time_since_epoch();
        std::cout << std::fixed << std::setprecision(6) << now.count() << ' ' << found->message_count << '\n';
        if (found->message_count == until) return 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the sampling step
    }
    return 1;
}
