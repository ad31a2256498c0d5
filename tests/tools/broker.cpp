// A private broker for scripts: starts it, prints its address, serves until SIGTERM, and takes it down with it.
#include <unistd.h>

#include <iostream>

#include "support/kafka.hpp"
#include "support/mosquitto.hpp"
#include "support/rabbitmq.hpp"
#include "tools/arguments.hpp"
#include "tools/stop.hpp"

using namespace leat::test;

namespace {

constexpr std::string_view kUsage =
    "usage: broker --kind mosquitto|kafka|rabbitmq [--topic NAME:PARTITIONS]... [--persistence 0|1] [--erlang "
    "WORDS]\n"
    "Prints `ADDRESS PID`: 127.0.0.1:PORT and the broker's process; for Mosquitto also its log file.";

void serve() {
    while (stop_requested == 0) ::pause();
}

void serve_kafka(const Arguments& arguments) {
    Kafka kafka;
    for (const auto& topic : arguments.list("topic")) {
        const auto colon = topic.find(':');
        kafka.create_topic(topic.substr(0, colon),
                           colon == std::string::npos ? 1 : std::atoi(topic.c_str() + colon + 1));
    }
    std::cout << kafka.brokers() << ' ' << kafka.process().pid() << std::endl;
    serve();
}

void serve_mosquitto(const Arguments& arguments) {
    Mosquitto mosquitto({.persistence = arguments.number("persistence", 1) != 0});
    std::cout << "127.0.0.1:" << mosquitto.port() << ' ' << mosquitto.process().pid() << ' ' << mosquitto.log_file()
              << std::endl;
    serve();
    mosquitto.stop();
}

void serve_rabbitmq(const Arguments& arguments) {
    RabbitMq rabbitmq({.erlang = arguments.text("erlang", "")});
    std::cout << "127.0.0.1:" << rabbitmq.port() << ' ' << rabbitmq.process().pid() << std::endl;
    serve();
    rabbitmq.stop();
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    if (arguments.text("kind") == "kafka") {
        serve_kafka(arguments);
    } else if (arguments.text("kind") == "rabbitmq") {
        serve_rabbitmq(arguments);
    } else {
        serve_mosquitto(arguments);
    }
    return 0;
}
