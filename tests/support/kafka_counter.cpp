#include "support/kafka_counter.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace leat::test {

KafkaCounter::KafkaCounter(const std::string& brokers, std::string topic, int partitions)
    : topic_(std::move(topic)),
      ends_(new std::int64_t[static_cast<std::size_t>(partitions)]()),
      partitions_(partitions) {
    std::array<char, 512> error{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), error.data(), error.size());
    rd_kafka_conf_set(conf, "reconnect.backoff.max.ms", "200", error.data(), error.size());
    rd_kafka_conf_set(conf, "log_level", "0", error.data(), error.size());
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error.data(), error.size());
    if (client_ == nullptr) throw std::runtime_error(error.data());
}

KafkaCounter::~KafkaCounter() { rd_kafka_destroy(client_); }

std::uint64_t KafkaCounter::count() {
    std::int64_t sum = 0;
    for (int i = 0; i < partitions_; ++i) {
        std::int64_t& end = ends_[static_cast<std::size_t>(i)];
        std::int64_t low = 0;
        std::int64_t high = 0;
        if (rd_kafka_query_watermark_offsets(client_, topic_.c_str(), i, &low, &high, 1000) ==
            RD_KAFKA_RESP_ERR_NO_ERROR) {
            end = high;
        }
        sum += end;
    }
    return static_cast<std::uint64_t>(sum);
}

}  // namespace leat::test
