// librdkafka's mock cluster in a process of its own: a Kafka without Java that outlives its clients, and that can be
// frozen with SIGSTOP. A partition keeps 5 MiB, no more.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <unistd.h>

#include <iostream>

#include "tools/arguments.hpp"
#include "tools/kafka_conf.hpp"
#include "tools/stop.hpp"

using namespace leat::test;

namespace {

constexpr std::string_view kUsage =
    "usage: mock_kafka [--brokers N] [--topic NAME:PARTITIONS]...\n"
    "Prints its bootstrap list, then serves until SIGTERM. Other topics are made on first use, with four partitions.";

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    rd_kafka_t* client =
        kafka_client(RD_KAFKA_PRODUCER, kafka_conf({{"client.id", "mock_kafka"}, {"log_level", "0"}}));
    rd_kafka_mock_cluster_t* cluster =
        rd_kafka_mock_cluster_new(client, static_cast<int>(arguments.number("brokers", 1)));
    for (const auto& topic : arguments.list("topic")) {
        const auto colon = topic.find(':');
        const int partitions = colon == std::string::npos ? 4 : std::atoi(topic.c_str() + colon + 1);
        rd_kafka_mock_topic_create(cluster, topic.substr(0, colon).c_str(), partitions, 1);
    }
    std::cout << rd_kafka_mock_cluster_bootstraps(cluster) << std::endl;
    while (stop_requested == 0) ::pause();
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(client);
    return 0;
}
