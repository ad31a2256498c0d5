// An MQTT client of the tests' own: the wire client of tests/tools, which shares no code with the plugin.
//
//   MqttClient client(mosquitto.port(), 5, 1);
//   client.make_session("reader", {"c1.0"});     // what is published from now on is kept for client id "reader"
//   client.publish(samples);
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "conformance/probe/sample.hpp"
#include "tools/mqtt_wire.hpp"

namespace leat::test {

/** Publishes with the QoS given, reads with 1. Throws std::runtime_error. [one thread] */
class MqttClient {
  public:
    MqttClient(std::uint16_t port, int version, int publish_qos)
        : port_(port), version_(version), publish_qos_(static_cast<std::uint8_t>(publish_qos)) {}

    /** A persistent session of this client id with these filters, and nobody connected. */
    void make_session(const std::string& client_id, const std::vector<std::string>& filters) const;
    /** Returns when all are acknowledged. */
    void publish(const std::vector<Sample>& samples) const;
    /** Subscribes; collect() reads on this connection. */
    void listen(const std::vector<std::string>& topics);
    /** Reads until so many came, at most a minute. What came before is in it. */
    std::vector<Sample> collect(std::size_t count);

  private:
    MqttWire::Options connection(const std::string& client_id, bool clean) const;

    std::uint16_t port_;
    int version_;
    std::uint8_t publish_qos_;
    std::unique_ptr<MqttWire> listener_;
    std::vector<Sample> collected_;
};

}  // namespace leat::test
