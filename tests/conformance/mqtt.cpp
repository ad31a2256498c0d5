// mqtt: real Mosquittos, one open and one with a password; once for each version and quality of service,
// and for engine paho.
#include "conformance/backend.hpp"
#include "conformance/clients/mqtt_client.hpp"
#include "support/certificates.hpp"
#include "support/mosquitto.hpp"

namespace leat::test {
namespace {

struct Speaks {
    std::string name;
    int version = 5;
    int qos = 1;
    Bounds bounds = {};  ///< Engine paho has some; what may not stand beside it is of engine native.
};

class MqttBackend final : public TestedBackend {
  public:
    explicit MqttBackend(Speaks speaks) : speaks_(std::move(speaks)) {}

    /** The broker resends only after a reconnect [MQTT-4.4.0-1]. */
    Features features() const override { return {.name = speaks_.name, .requeues_live = false}; }
    /** 3.1.1 has no properties; user properties are UTF-8; an absent payload is an empty one to every version. */
    Envelope envelope() const override {
        return {.key = false, .headers = speaks_.version == 5, .binary_headers = false, .absent_payload = false};
    }
    Bounds bounds() const override { return speaks_.bounds; }
    std::string options(Access access) const override {
        const bool is_paho = speaks_.bounds.together != Together::all;
        return options_beside(access) + (is_paho ? R"(, "engine": "paho")" : "");
    }
    std::string options_beside(Access access) const override {
        std::string text = R"("plugin": "mqtt", "client_id": "conformance", "max_packet_size": "4MiB", "version": ")";
        text += speaks_.version == 5 ? "5" : "3.1.1";
        switch (access) {
            case Access::right:
                return text + R"(", "url": ")" + open_.url() + '"';
            case Access::wrong_password:
            case Access::by_password:
                return text + R"(", "url": ")" + guarded_.url() + R"(", "user": "leat", "password": ")" +
                       (access == Access::by_password ? "right\"" : "wrong\"");
            default:
                return text + R"(", "url": ")" + open_.tls_url() + R"(", "tls": { "ca": ")" +
                       (access == Access::by_certificate ? certificates_ : others_).ca() + "\" }";
        }
    }
    std::string from(const std::vector<std::string>& topics, const Reader& reader) const override {
        std::string list;
        for (const auto& filter : filters(topics, reader)) list += (list.empty() ? "\"" : ", \"") + filter + '"';
        return "\"topics\": [" + list + "], \"client_id\": \"" + client_id(reader) +
               "\", \"qos\": " + std::to_string(speaks_.qos);
    }
    std::string to() const override { return R"("topic": "${topic}", "qos": )" + std::to_string(speaks_.qos); }
    std::optional<std::size_t> payload_limit() const override { return 4'000'000; }
    /** A group is a session of its own; members of one share a subscription. */
    void create(const std::vector<std::string>& topics, const std::vector<Reader>& readers, int) override {
        for (const Reader& reader : readers) client_.make_session(client_id(reader), filters(topics, reader));
    }
    void stop_broker() override { open_.stop(); }
    void start_broker() override { open_.start(); }
    void publish(const std::vector<Sample>& samples) override { client_.publish(samples); }
    void listen(const std::vector<std::string>& topics) override { client_.listen(topics); }
    std::vector<Sample> collect(std::size_t count) override { return client_.collect(count); }

  private:
    static std::string client_id(const Reader& reader) { return reader.group + '.' + std::to_string(reader.member); }
    static std::vector<std::string> filters(std::vector<std::string> topics, const Reader& reader) {
        if (reader.members == 1) return topics;
        for (std::string& topic : topics) topic = "$share/" + reader.group + '/' + topic;
        return topics;
    }

    Speaks speaks_;
    Certificates certificates_;
    Certificates others_;  ///< Of another authority.
    Mosquitto open_{{.persistence = true, .tls = &certificates_}};
    Mosquitto guarded_{{.users = {{"leat", "right"}}}};
    MqttClient client_{open_.port(), speaks_.version, speaks_.qos};
};

const Registered kMqtt5("mqtt", [] { return std::make_unique<MqttBackend>(Speaks{.name = "mqtt 5, QoS 1"}); });
const Registered kMqtt3("mqtt_3_1_1", [] {
    return std::make_unique<MqttBackend>(Speaks{.name = "mqtt 3.1.1, QoS 1", .version = 4});
});

const Registered kMqttQos2("mqtt_qos_2",
                           [] { return std::make_unique<MqttBackend>(Speaks{.name = "mqtt 5, QoS 2", .qos = 2}); });

/** "MQTT": Paho holds every client of the process while a callback holds a message. */
const Registered kMqttPaho("mqtt_paho", [] {
    return std::make_unique<MqttBackend>(
        Speaks{.name = "mqtt 5, engine paho", .bounds = {.together = Together::one_source, .in_flight = 1}});
});
const Registered kMqttPahoSinks("mqtt_paho_sinks", [] {
    return std::make_unique<MqttBackend>(
        Speaks{.name = "mqtt 5, sinks of engine paho", .bounds = {.together = Together::sinks}});
});

}  // namespace
}  // namespace leat::test
