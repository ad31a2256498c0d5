// A Kafka client of the tests' own: librdkafka without the plugin.
//
//   KafkaClient client(kafka.brokers());
//   client.publish(samples);
//   client.listen({"c1.0"});
//   auto all = client.collect(100);
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conformance/probe/sample.hpp"

typedef struct rd_kafka_s rd_kafka_t;

namespace leat::test {

/** One producer, and a consumer for each listen(). Throws std::runtime_error. [one thread] */
class KafkaClient {
  public:
    explicit KafkaClient(std::string brokers);
    ~KafkaClient();
    KafkaClient(const KafkaClient&) = delete;
    KafkaClient& operator=(const KafkaClient&) = delete;

    /** Makes topics that are not there yet; returns when the broker has them. */
    void create(const std::vector<std::string>& topics, int partitions);
    /** Returns when all are acknowledged. */
    void publish(const std::vector<Sample>& samples);
    /** Reads all partitions of these topics from their beginning. */
    void listen(const std::vector<std::string>& topics);
    /** Reads until so many came, at most a minute. What came before is in it. */
    std::vector<Sample> collect(std::size_t count);

  private:
    void create_some(const std::vector<std::string>& topics, int partitions);
    void wait_for(const std::string& topic);
    void assign();

    std::string brokers_;
    rd_kafka_t* producer_;
    rd_kafka_t* consumer_ = nullptr;
    std::vector<std::string> topics_;
    std::vector<Sample> collected_;
};

}  // namespace leat::test
