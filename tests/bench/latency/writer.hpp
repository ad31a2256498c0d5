// Publishes to one of the brokers without waiting for anything: what the latency probe sends with.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/ceilings/bare_rabbitmq.hpp"
#include "tools/arguments.hpp"
#include "tools/kafka_conf.hpp"
#include "tools/mqtt_wire.hpp"

namespace leat::bench {

/** [one thread] */
class Writer {
  public:
    virtual ~Writer() = default;
    /** Sends at once. Throws std::runtime_error. */
    virtual void publish(std::string_view payload, std::string_view key) = 0;
    /** Takes confirmations that are there. */
    virtual void take_confirms() = 0;
};

/** QoS 1, to NAME/key. */
class MqttWriter : public Writer {
  public:
    MqttWriter(std::uint64_t port, std::string name)
        : prefix_(std::move(name) + '/'),
          wire_({.port = static_cast<std::uint16_t>(port), .client_id = "probe-writer"}) {}

    void publish(std::string_view payload, std::string_view key) override {
        topic_.assign(prefix_).append(key);
        wire_.publish(topic_, static_cast<std::uint16_t>(sent_++ % 65'535 + 1), payload, {}, false);
        wire_.send();
    }
    void take_confirms() override {
        wire_.pump(0, [](const test::MqttPacket&) {});
    }

  private:
    std::string prefix_;
    std::string topic_;
    test::MqttWire wire_;
    std::uint64_t sent_ = 0;
};

/** acks=all, sent at once. */
class KafkaWriter : public Writer {
  public:
    KafkaWriter(const std::string& brokers, const std::string& name)
        : client_(test::kafka_client(RD_KAFKA_PRODUCER, test::kafka_conf({{"bootstrap.servers", brokers},
                                                                          {"enable.idempotence", "true"},
                                                                          {"linger.ms", "0"},
                                                                          {"socket.nagle.disable", "true"},
                                                                          {"log_level", "0"}}))),
          topic_(rd_kafka_topic_new(client_, name.c_str(), nullptr)) {}
    ~KafkaWriter() override {
        rd_kafka_flush(client_, 5000);
        rd_kafka_topic_destroy(topic_);
        rd_kafka_destroy(client_);
    }
    KafkaWriter(const KafkaWriter&) = delete;
    KafkaWriter& operator=(const KafkaWriter&) = delete;

    void publish(std::string_view payload, std::string_view key) override {
        if (rd_kafka_produce(topic_, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, const_cast<char*>(payload.data()),
                             payload.size(), key.data(), key.size(), nullptr) != 0)
            throw std::runtime_error("produce failed");
    }
    void take_confirms() override { rd_kafka_poll(client_, 0); }

  private:
    rd_kafka_t* client_;
    rd_kafka_topic_t* topic_;
};

/** Persistent, to a queue. */
class RabbitWriter : public Writer {
  public:
    RabbitWriter(std::uint64_t port, std::string name) : publisher_(port, std::move(name)) {}

    void publish(std::string_view payload, std::string_view key) override { publisher_.publish(payload, key); }
    void take_confirms() override {
        publisher_.take_confirms(false, [](std::uint64_t, bool) {});
    }

  private:
    bare::Publisher publisher_;
};

/** What `--from` names, to `--write NAME`. */
inline std::unique_ptr<Writer> make_writer(const test::Arguments& arguments) {
    const std::string kind = arguments.text("from");
    const std::string name = arguments.text("write");
    if (kind == "mqtt") return std::make_unique<MqttWriter>(arguments.number("mqtt-port", 1883), name);
    if (kind == "kafka") return std::make_unique<KafkaWriter>(arguments.text("brokers"), name);
    if (kind == "rabbitmq") return std::make_unique<RabbitWriter>(arguments.number("amqp-port", 5672), name);
    throw std::runtime_error("--from " + kind);
}

}  // namespace leat::bench
