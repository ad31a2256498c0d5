// Reads a queue of RabbitMQ and writes down what arrives.
#include <chrono>
#include <iostream>

#include "support/rabbitmq_client.hpp"
#include "tools/shape_arguments.hpp"
#include "tools/stop.hpp"
#include "tools/tally.hpp"

using namespace leat::test;

namespace {

constexpr std::string_view kUsage =
    "usage: rabbitmq_collect --port P --queue Q --record FILE [--expect N] [--idle SECONDS] [--lanes L] [--size "
    "BYTES]\n"
    "Ends with SIGTERM, after N ids, or when nothing came for so long. Key and headers are compared.";

Record inspect(const Content& content, const AmqpClient::Message& message) {
    const auto header = [&](const std::string& name) -> std::string_view {
        const auto it = message.headers.find(name);
        return it != message.headers.end() ? std::string_view(it->second) : std::string_view();
    };
    return content.inspect({.payload = message.payload,
                            .check_key = true,
                            .key = header("leat-message-key"),
                            .check_headers = true,
                            .header_n = header("n"),
                            .header_trace = header("trace")});
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    const Content content(shape_from(arguments));
    Tally tally(arguments.text("record"), arguments.number("expect", 0),
                std::chrono::duration<double>(arguments.real("idle", 0)));
    AmqpClient client(static_cast<std::uint16_t>(arguments.number("port", 5672)));
    const std::string queue = arguments.text("queue");
    constexpr std::size_t kAtOnce = 1000;
    while (stop_requested == 0 && !tally.has_expected() && !tally.is_idle()) {
        for (const auto& message : client.take(queue, kAtOnce, std::chrono::milliseconds(50))) {
            tally.add(inspect(content, message));
        }
        tally.flush();
    }
    std::cout << tally.summary() << std::endl;
    return 0;
}
