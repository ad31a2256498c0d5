// How many records a topic has had, without reading them.
//
//   KafkaCounter landed(kafka.brokers(), "telemetry");
//   eventually([&] { return landed.count() >= 1000; });
#pragma once

#include <cstdint>
#include <memory>
#include <string>

typedef struct rd_kafka_s rd_kafka_t;

namespace leat::test {

/** Sums the ends of all partitions. Keeps one connection. Throws std::runtime_error. [one thread] */
class KafkaCounter {
  public:
    KafkaCounter(const std::string& brokers, std::string topic, int partitions);
    ~KafkaCounter();
    KafkaCounter(const KafkaCounter&) = delete;
    KafkaCounter& operator=(const KafkaCounter&) = delete;

    /** A partition that does not answer within a second counts as it was. */
    std::uint64_t count();

  private:
    rd_kafka_t* client_;
    std::string topic_;
    std::unique_ptr<std::int64_t[]> ends_;
    int partitions_;
};

}  // namespace leat::test
