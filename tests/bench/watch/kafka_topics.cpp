// Makes topics of a Kafka that runs already, all by one request.
#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/kafka_topics.hpp"
#include "tools/arguments.hpp"
#include "tools/kafka_conf.hpp"

namespace {

using namespace leat::test;

constexpr std::string_view kUsage =
    "usage: kafka_topics --brokers LIST --topic NAME:PARTITIONS...\n"
    "Ends when all are there; those that were there before are left as they are.";
constexpr int kAnswerMs = 60'000;

rd_kafka_NewTopic_t* topic_of(const std::string& word) {
    const auto colon = word.find(':');
    if (colon == std::string::npos) throw std::runtime_error("NAME:PARTITIONS, not " + word);
    std::array<char, 512> error{};
    rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(
        word.substr(0, colon).c_str(), std::atoi(word.c_str() + colon + 1), 1, error.data(), error.size());
    if (topic == nullptr) throw std::runtime_error(word + ": " + error.data());
    return topic;
}

std::string create(rd_kafka_t* client, std::vector<rd_kafka_NewTopic_t*>& topics) {
    rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
    rd_kafka_CreateTopics(client, topics.data(), topics.size(), nullptr, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kAnswerMs);
    std::string failure = event != nullptr ? creation_error(event) : "no answer";
    if (event != nullptr) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    return failure;
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    std::vector<rd_kafka_NewTopic_t*> topics;
    for (const std::string& word : arguments.list("topic")) topics.push_back(topic_of(word));
    rd_kafka_t* client = kafka_client(
        RD_KAFKA_PRODUCER, kafka_conf({{"bootstrap.servers", arguments.text("brokers")}, {"log_level", "0"}}));
    const std::string failure = create(client, topics);
    rd_kafka_NewTopic_destroy_array(topics.data(), topics.size());
    rd_kafka_destroy(client);
    if (failure.empty()) return 0;
    std::cerr << "kafka_topics: " << failure << '\n';
    return 1;
}
