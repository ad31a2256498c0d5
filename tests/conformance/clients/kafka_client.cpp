#include "conformance/clients/kafka_client.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "support/kafka_topics.hpp"
#include "tools/kafka_conf.hpp"

namespace leat::test {
namespace {

constexpr auto kPatience = std::chrono::minutes(1);

std::string bytes_of(const void* data, std::size_t size) { return {static_cast<const char*>(data), size}; }

Sample sample_of(const rd_kafka_message_t& message) {
    Sample s;
    s.topic = rd_kafka_topic_name(message.rkt);
    if (message.key != nullptr) s.key = bytes_of(message.key, message.key_len);
    if (message.payload != nullptr) s.payload = bytes_of(message.payload, message.len);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return s;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i) {
        s.headers.emplace_back(name, bytes_of(value, size));
    }
    return s;
}

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        *static_cast<std::string*>(opaque) = rd_kafka_err2str(message->err);
}

}  // namespace

KafkaClient::KafkaClient(std::string brokers) : brokers_(std::move(brokers)) {
    rd_kafka_conf_t* conf = kafka_conf({{"bootstrap.servers", brokers_},
                                        {"enable.idempotence", "true"},
                                        {"linger.ms", "1"},
                                        {"message.max.bytes", "8000000"},
                                        {"reconnect.backoff.max.ms", "300"},
                                        {"log_level", "0"}});
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    static std::string failure;
    rd_kafka_conf_set_opaque(conf, &failure);
    producer_ = kafka_client(RD_KAFKA_PRODUCER, conf);
}

KafkaClient::~KafkaClient() {
    rd_kafka_destroy(producer_);
    if (consumer_ != nullptr) rd_kafka_destroy(consumer_);
}

void KafkaClient::create(const std::vector<std::string>& topics, int partitions) {
    constexpr std::size_t kAtOnce = 500;
    for (std::size_t begin = 0; begin < topics.size(); begin += kAtOnce) {
        const std::vector<std::string> some(
            topics.begin() + static_cast<std::ptrdiff_t>(begin),
            topics.begin() + static_cast<std::ptrdiff_t>(std::min(begin + kAtOnce, topics.size())));
        create_some(some, partitions);
    }
    if (!topics.empty()) wait_for(topics.back());
}

// The controller answers before the broker has made them; it makes them in the order of their creation.
void KafkaClient::wait_for(const std::string& topic) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(15);
    rd_kafka_topic_t* handle = rd_kafka_topic_new(producer_, topic.c_str(), nullptr);
    bool is_there = false;
    while (!is_there && std::chrono::steady_clock::now() < end) {
        const rd_kafka_metadata_t* found = nullptr;
        if (!rd_kafka_metadata(producer_, 0, handle, &found, 20'000)) {
            is_there = found->topic_cnt == 1 && found->topics[0].partition_cnt > 0;
            rd_kafka_metadata_destroy(found);
        }
        if (!is_there) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    rd_kafka_topic_destroy(handle);
    if (!is_there) throw std::runtime_error("Kafka does not make topic " + topic);
}

void KafkaClient::create_some(const std::vector<std::string>& topics, int partitions) {
    std::array<char, 512> error{};
    std::vector<rd_kafka_NewTopic_t*> wanted;
    wanted.reserve(topics.size());
    for (const auto& topic : topics) {
        wanted.push_back(rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, error.data(), error.size()));
    }
    rd_kafka_queue_t* queue = rd_kafka_queue_new(producer_);
    rd_kafka_CreateTopics(producer_, wanted.data(), wanted.size(), nullptr, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 60'000);
    std::string failure = "no answer";
    if (event != nullptr) {
        failure = creation_error(event);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy_array(wanted.data(), wanted.size());
    if (!failure.empty()) throw std::runtime_error("cannot create topics: " + failure);
}

void KafkaClient::publish(const std::vector<Sample>& samples) {
    auto& failure = *static_cast<std::string*>(rd_kafka_opaque(producer_));
    failure.clear();
    for (const Sample& s : samples) {
        rd_kafka_headers_t* headers = rd_kafka_headers_new(s.headers.size());
        for (const auto& [name, value] : s.headers) {
            rd_kafka_header_add(headers, name.c_str(), -1, value.data(), static_cast<ssize_t>(value.size()));
        }
        const std::size_t key_size = s.key ? s.key->size() : 0;
        const std::size_t payload_size = s.payload ? s.payload->size() : 0;
        const void* key = s.key ? s.key->data() : nullptr;
        void* payload = s.payload ? const_cast<char*>(s.payload->data()) : nullptr;
        rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
        while ((error = rd_kafka_producev(producer_, RD_KAFKA_V_TOPIC(s.topic.c_str()),
                                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
                                          RD_KAFKA_V_VALUE(payload, payload_size), RD_KAFKA_V_HEADERS(headers),
                                          RD_KAFKA_V_END)) == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            rd_kafka_poll(producer_, 10);
        }
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(error));
    }
    if (rd_kafka_flush(producer_, 60'000) != RD_KAFKA_RESP_ERR_NO_ERROR) failure = "not acknowledged in a minute";
    if (!failure.empty()) throw std::runtime_error("publishing to Kafka: " + failure);
}

void KafkaClient::listen(const std::vector<std::string>& topics) {
    topics_ = topics;
    collected_.clear();
    if (consumer_ != nullptr) rd_kafka_destroy(consumer_);
    consumer_ = kafka_client(RD_KAFKA_CONSUMER, kafka_conf({{"bootstrap.servers", brokers_},
                                                            {"group.id", "conformance-collector"},
                                                            {"enable.auto.commit", "false"},
                                                            {"auto.offset.reset", "earliest"},
                                                            {"fetch.wait.max.ms", "20"},
                                                            {"fetch.message.max.bytes", "8000000"},
                                                            {"reconnect.backoff.max.ms", "300"},
                                                            {"log_level", "0"}}));
}

void KafkaClient::assign() {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(consumer_, 1, nullptr, &metadata, 20'000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw std::runtime_error("Kafka does not tell its topics");
    }
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(16);
    for (int i = 0; i < metadata->topic_cnt; ++i) {
        const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
        for (const auto& wanted : topics_) {
            if (wanted != topic.topic) continue;
            for (int p = 0; p < topic.partition_cnt; ++p) {
                rd_kafka_topic_partition_list_add(list, topic.topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
            }
        }
    }
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_assign(consumer_, list);
    rd_kafka_topic_partition_list_destroy(list);
}

std::vector<Sample> KafkaClient::collect(std::size_t count) {
    if (collected_.empty()) assign();
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (collected_.size() < count && std::chrono::steady_clock::now() < end) {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer_, 100);
        if (message == nullptr) continue;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) collected_.push_back(sample_of(*message));
        rd_kafka_message_destroy(message);
    }
    return collected_;
}

}  // namespace leat::test
