// Reads from one of the brokers as soon as something is there: what the latency probe receives with.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
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
class Reader {
  public:
    using Handle = std::function<void(std::string_view payload)>;
    virtual ~Reader() = default;
    /** Waits up to a second for messages and hands them over. Throws std::runtime_error. */
    virtual void read(const Handle& handle) = 0;
};

/** QoS 1, all of NAME/#. */
class MqttReader : public Reader {
  public:
    MqttReader(std::uint64_t port, const std::string& name)
        : wire_({.port = static_cast<std::uint16_t>(port), .client_id = "probe-reader"}) {
        wire_.subscribe({name + "/#"}, 1);
        for (bool is_subscribed = false; !is_subscribed;)
            wire_.pump(1000, [&](const test::MqttPacket& p) { is_subscribed |= p.type == test::MqttPacket::suback; });
    }

    void read(const Handle& handle) override {
        wire_.pump(1000, [&](const test::MqttPacket& packet) {
            if (packet.type != test::MqttPacket::publish) return;
            handle(packet.payload);
            if (packet.qos > 0) wire_.puback(packet.packet_id);
        });
        wire_.send();
    }

  private:
    test::MqttWire wire_;
};

/** All partitions, from their ends; without a group. */
class KafkaReader : public Reader {
  public:
    KafkaReader(const std::string& brokers, const std::string& name, std::uint64_t partitions)
        : client_(test::kafka_client(RD_KAFKA_CONSUMER, test::kafka_conf({{"bootstrap.servers", brokers},
                                                                          {"group.id", "probe"},
                                                                          {"enable.auto.commit", "false"},
                                                                          {"socket.nagle.disable", "true"},
                                                                          {"log_level", "0"}}))) {
        rd_kafka_poll_set_consumer(client_);
        rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(static_cast<int>(partitions));
        for (std::uint64_t i = 0; i < partitions; ++i)
            rd_kafka_topic_partition_list_add(all, name.c_str(), static_cast<int>(i))->offset =
                RD_KAFKA_OFFSET_BEGINNING;
        rd_kafka_assign(client_, all);
        rd_kafka_topic_partition_list_destroy(all);
    }
    ~KafkaReader() override {
        rd_kafka_consumer_close(client_);
        rd_kafka_destroy(client_);
    }
    KafkaReader(const KafkaReader&) = delete;
    KafkaReader& operator=(const KafkaReader&) = delete;

    void read(const Handle& handle) override {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(client_, 1000);
        if (message == nullptr) return;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            handle({static_cast<const char*>(message->payload), message->len});
        rd_kafka_message_destroy(message);
    }

  private:
    rd_kafka_t* client_;
};

/** A queue, acknowledged one by one. */
class RabbitReader : public Reader {
  public:
    RabbitReader(std::uint64_t port, const std::string& name) : consumer_(declared(port, name), name, 1000) {}

    void read(const Handle& handle) override {
        std::uint64_t last = 0;
        consumer_.take(true, [&](std::uint64_t tag, std::string_view, std::string_view payload) {
            handle(payload);
            last = tag;
        });
        consumer_.acknowledge(last);
    }

  private:
    static std::uint64_t declared(std::uint64_t port, const std::string& name) {
        bare::Amqp(port).declare(name);
        return port;
    }

    bare::Consumer consumer_;
};

/** What `--to` names, from `--read NAME`. */
inline std::unique_ptr<Reader> make_reader(const test::Arguments& arguments) {
    const std::string kind = arguments.text("to");
    const std::string name = arguments.text("read");
    if (kind == "mqtt") return std::make_unique<MqttReader>(arguments.number("mqtt-port", 1883), name);
    if (kind == "kafka")
        return std::make_unique<KafkaReader>(arguments.text("brokers"), name, arguments.number("partitions", 1));
    if (kind == "rabbitmq") return std::make_unique<RabbitReader>(arguments.number("amqp-port", 5672), name);
    throw std::runtime_error("--to " + kind);
}

}  // namespace leat::bench
