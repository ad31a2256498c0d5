// A minimal MQTT 3.1.1 / 5 client for test programs: QoS 1, publishing also 2, over plain TCP, written on its own so
// that a mistake of the router's engine cannot hide in the programs that judge it.
//
//   MqttWire wire({.port = 1883, .client_id = "sensors", .clean = false});
//   wire.publish("a/b", 1, payload, {}, false);
//   wire.pump(100, [](const MqttPacket& packet) { ... });
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/content.hpp"

namespace leat::test {

/** A packet that arrived; its views hold until the handler returns. */
struct MqttPacket {
    enum Type : std::uint8_t {
        connack = 2,
        publish = 3,
        puback = 4,
        pubrec = 5,
        pubrel = 6,
        pubcomp = 7,
        suback = 9,
        pingresp = 13,
        disconnect = 14
    };

    Type type;
    bool dup = false;
    std::uint8_t qos = 0;
    std::uint16_t packet_id = 0;
    std::uint8_t reason = 0;  ///< Of a PUBACK, PUBREC, PUBCOMP, SUBACK, CONNACK or DISCONNECT.
    std::string_view topic;
    std::string_view payload;
    std::string_view properties;  ///< The bytes behind their length.

    /** The value of a user property; empty when it is missing. */
    std::string_view user_property(std::string_view name) const;
};

/** One connection. Throws std::runtime_error when it breaks, so that its owner makes a new one. [one thread] */
class MqttWire {
  public:
    struct Options {
        std::string host = "127.0.0.1";
        std::uint16_t port = 1883;
        int version = 5;  ///< 5, or 4 for MQTT 3.1.1
        std::string client_id;
        bool clean = true;  ///< false: the broker keeps the session, in version 5 for a day
        std::uint16_t keep_alive_s = 30;
        std::uint16_t receive_maximum = 65535;
        std::uint8_t publish_qos = 1;  ///< 2: answer each PUBREC with pubrel(); the PUBCOMP ends it
    };

    /** Connects and waits for the CONNACK. */
    explicit MqttWire(Options options);
    ~MqttWire();
    MqttWire(const MqttWire&) = delete;
    MqttWire& operator=(const MqttWire&) = delete;

    int fd() const { return fd_; }
    bool session_present() const { return session_present_; }
    std::uint16_t broker_receive_maximum() const { return broker_receive_maximum_; }

    // These append to what is to be sent; pump() sends it.
    void publish(std::string_view topic, std::uint16_t packet_id, std::string_view payload,
                 const std::vector<TestHeader>& headers, bool dup);
    void puback(std::uint16_t packet_id);
    void pubrel(std::uint16_t packet_id);
    void subscribe(const std::vector<std::string>& filters, std::uint16_t packet_id);
    void disconnect();

    std::size_t unsent() const { return out_.size() - sent_; }

    /**
     * Sends and receives: waits up to `timeout_ms` for either, then calls `handle(packet)` for each packet that is
     * complete. Sends a PINGREQ when one is due.
     */
    template <class Handle>
    void pump(int timeout_ms, Handle&& handle) {
        exchange(timeout_ms);
        MqttPacket packet{};
        while (next(packet)) handle(packet);
        discard_handled();
    }

    /**
     * Waits half a millisecond when the last pump() received little: Mosquitto writes packet by packet, and a reader
     * that answers each at once spends all its time, and the broker's, on system calls.
     */
    void gather() const;

    /** Sends what can be sent without waiting. */
    void send();

  private:
    void connect_socket();
    void handshake();
    void exchange(int timeout_ms);
    void receive();
    bool next(MqttPacket& packet);
    void decode(std::uint8_t first, std::string_view body, MqttPacket& packet) const;
    void discard_handled();

    Options options_;
    int fd_ = -1;
    bool session_present_ = false;
    std::uint16_t broker_receive_maximum_ = 65535;
    std::string out_;
    std::size_t sent_ = 0;
    std::string in_;
    std::size_t handled_ = 0;
    std::size_t received_ = 0;  ///< By the last exchange().
    std::chrono::steady_clock::time_point last_sent_;
};

}  // namespace leat::test
