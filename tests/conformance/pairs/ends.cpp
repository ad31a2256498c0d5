#include "conformance/pairs/ends.hpp"

#include <stdexcept>

#include "support/eventually.hpp"
#include "support/rabbitmq.hpp"
#include "support/rabbitmq_client.hpp"

namespace leat::test {
namespace {

std::string quoted(const std::string& text) { return '"' + text + '"'; }

class KafkaEnd final : public End {
  public:
    std::string backend() const override { return R"("plugin": "kafka", "brokers": )" + quoted(kafka_.brokers()); }
    std::string from(const std::string& pair) const override {
        return "\"topics\": [" + quoted("in-" + pair) + "], \"group\": " + quoted(pair) +
               R"(, "session_timeout": "2s")";
    }
    std::string to(const std::string& pair, const std::string& key) const override {
        return "\"topic\": " + quoted("out-" + pair) + ", \"key\": " + quoted(key);
    }
    void create(const std::string& pair) override {
        kafka_.create_topic("in-" + pair, kPartitions);
        kafka_.create_topic("out-" + pair, kPartitions);
    }
    Process publish(const Scene& scene, const std::string& pair, std::uint64_t count) override {
        return scene.start_publisher("kafka_produce",
                                     {"--brokers", kafka_.brokers(), "--topic", "in-" + pair, "--count",
                                      std::to_string(count), "--record", scene.file("published")});
    }
    Process collect(const Scene& scene, const std::string& pair, std::uint64_t count) override {
        return scene.start_tool("kafka_collect", {"--brokers", kafka_.brokers(), "--topic", "out-" + pair, "--expect",
                                                  std::to_string(count), "--idle", kIdle, "--key", "1", "--headers",
                                                  "1", "--record", scene.file("landed")});
    }

  private:
    Kafka kafka_;
};

class MqttEnd final : public End {
  public:
    std::string backend() const override {
        return R"("plugin": "mqtt", "client_id": "gateway", "url": )" + quoted(mosquitto_.url());
    }
    std::string from(const std::string& pair) const override {
        return "\"topics\": [" + quoted("in-" + pair + "/#") + "], \"client_id\": " + quoted("reader-" + pair);
    }
    std::string key() const override { return "${topic[1]}"; }
    std::string to(const std::string& pair, const std::string& key) const override {
        return "\"topic\": " + quoted("out-" + pair + '/' + key);
    }
    void create(const std::string&) override {}
    bool is_subscribed(const std::string& pair) override {
        return eventually([&] { return mosquitto_.logged(" in-" + pair + "/#") > 0; });
    }
    Process publish(const Scene& scene, const std::string& pair, std::uint64_t count) override {
        return scene.start_publisher("mqtt_publish", {"--port", std::to_string(mosquitto_.port()), "--prefix",
                                                      "in-" + pair, "--client-id", "publisher-" + pair, "--count",
                                                      std::to_string(count), "--record", scene.file("published")});
    }
    Process collect(const Scene& scene, const std::string& pair, std::uint64_t count) override {
        Process collector = scene.start_tool(
            "mqtt_collect", {"--port", std::to_string(mosquitto_.port()), "--topic", "out-" + pair + "/#",
                             "--client-id", "collector-" + pair, "--expect", std::to_string(count), "--idle", kIdle,
                             "--key", "1", "--headers", "1", "--record", scene.file("landed")});
        if (!collector.says("subscribed")) throw std::runtime_error("the collector does not subscribe");
        return collector;
    }

  private:
    Mosquitto mosquitto_{{.persistence = true}};
};

class RabbitMqEnd final : public End {
  public:
    std::string backend() const override { return R"("plugin": "rabbitmq", "url": )" + quoted(broker_.url()); }
    std::string from(const std::string& pair) const override { return "\"queue\": " + quoted("in-" + pair); }
    std::string to(const std::string& pair, const std::string& key) const override {
        return "\"routing_key\": " + quoted("out-" + pair) + ", \"headers\": { \"leat-message-key\": " + quoted(key) +
               " }";
    }
    void create(const std::string& pair) override {
        AmqpClient client(broker_.port());
        client.declare("in-" + pair);
        client.declare("out-" + pair);
    }
    Process publish(const Scene& scene, const std::string& pair, std::uint64_t count) override {
        return scene.start_publisher("rabbitmq_publish",
                                     {"--port", std::to_string(broker_.port()), "--queue", "in-" + pair, "--count",
                                      std::to_string(count), "--record", scene.file("published")});
    }
    Process collect(const Scene& scene, const std::string& pair, std::uint64_t count) override {
        return scene.start_tool("rabbitmq_collect",
                                {"--port", std::to_string(broker_.port()), "--queue", "out-" + pair, "--expect",
                                 std::to_string(count), "--idle", kIdle, "--record", scene.file("landed")});
    }

  private:
    RabbitMq broker_;
};

}  // namespace

std::map<std::string, std::unique_ptr<End>> make_ends() {
    std::map<std::string, std::unique_ptr<End>> all;
    all["kafka"] = std::make_unique<KafkaEnd>();
    all["mqtt"] = std::make_unique<MqttEnd>();
    all["rabbitmq"] = std::make_unique<RabbitMqEnd>();
    return all;
}

}  // namespace leat::test
