// Publishes to one of the brokers without waiting for anything: what the latency probe sends with.
#pragma once

#include <librdkafka/rdkafka.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/ceilings/bare_mqtt_qos1.hpp"
#include "bench/ceilings/bare_rabbitmq.hpp"
#include "tools/arguments.hpp"
#include "tools/kafka_conf.hpp"
#include "tools/mqtt_wire.hpp"

namespace leat::bench {

/** [one thread] */
class Writer {
  public:
    /** Told of each confirmed message: how many were published before it. */
    using Confirmed = std::function<void(std::uint64_t before)>;
    virtual ~Writer() = default;
    /** Sends at once. Throws std::runtime_error. */
    virtual void publish(std::string_view payload, std::string_view key) = 0;
    /** Takes confirmations that are there. */
    virtual void take_confirms(const Confirmed& confirmed) = 0;
    /** Readable when there are some. */
    virtual int fd() const = 0;
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
    void take_confirms(const Confirmed& confirmed) override {
        wire_.pump(0, [&](const test::MqttPacket& packet) {
            if (packet.type != test::MqttPacket::puback) return;
            // Of the last 65,535 messages the one with this identifier.
            const std::uint64_t place = packet.packet_id - 1U, last = sent_ - 1;
            confirmed(last - (last % 65'535 + 65'535 - place) % 65'535);
        });
        bare::acknowledge_at_once(wire_);
    }
    int fd() const override { return wire_.fd(); }

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
        : client_(test::kafka_client(RD_KAFKA_PRODUCER, conf(brokers))),
          topic_(rd_kafka_topic_new(client_, name.c_str(), nullptr)),
          reports_(rd_kafka_queue_get_main(client_)) {
        if (::pipe2(pipe_.data(), O_NONBLOCK) != 0) throw std::runtime_error("no pipe");
        rd_kafka_queue_io_event_enable(reports_, pipe_[1], "x", 1);
    }
    ~KafkaWriter() override {
        rd_kafka_flush(client_, 5000);
        rd_kafka_queue_destroy(reports_);
        rd_kafka_topic_destroy(topic_);
        rd_kafka_destroy(client_);
    }
    KafkaWriter(const KafkaWriter&) = delete;
    KafkaWriter& operator=(const KafkaWriter&) = delete;

    void publish(std::string_view payload, std::string_view key) override {
        if (rd_kafka_produce(topic_, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, const_cast<char*>(payload.data()),
                             payload.size(), key.data(), key.size(), reinterpret_cast<void*>(sent_)) != 0)
            throw std::runtime_error("produce failed");
        ++sent_;
    }
    void take_confirms(const Confirmed& confirmed) override {
        std::array<char, 256> drained;
        while (::read(pipe_[0], drained.data(), drained.size()) > 0) continue;
        while (rd_kafka_event_t* event = rd_kafka_queue_poll(reports_, 0)) {
            while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event)) {
                if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
                    confirmed(reinterpret_cast<std::uint64_t>(message->_private));
            }
            rd_kafka_event_destroy(event);
        }
    }
    int fd() const override { return pipe_[0]; }

  private:
    static rd_kafka_conf_t* conf(const std::string& brokers) {
        rd_kafka_conf_t* made = test::kafka_conf({{"bootstrap.servers", brokers},
                                                  {"enable.idempotence", "true"},
                                                  {"linger.ms", "0"},
                                                  {"socket.nagle.disable", "true"},
                                                  {"log_level", "0"}});
        rd_kafka_conf_set_events(made, RD_KAFKA_EVENT_DR);
        return made;
    }

    rd_kafka_t* client_;
    rd_kafka_topic_t* topic_;
    rd_kafka_queue_t* reports_;
    std::array<int, 2> pipe_{};
    std::uint64_t sent_ = 0;
};

/** Persistent, to a queue. */
class RabbitWriter : public Writer {
  public:
    RabbitWriter(std::uint64_t port, std::string name) : publisher_(port, std::move(name)) {}

    void publish(std::string_view payload, std::string_view key) override { publisher_.publish(payload, key); }
    void take_confirms(const Confirmed& confirmed) override {
        publisher_.take_confirms(false, [&](std::uint64_t tag, bool multiple) {
            for (std::uint64_t each = multiple ? next_ : tag; each <= tag; ++each) confirmed(each - 1);
            if (multiple) next_ = tag + 1;
        });
    }
    int fd() const override { return publisher_.fd(); }

  private:
    bare::Publisher publisher_;
    std::uint64_t next_ = 1;  // all below were confirmed, some of them together
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
