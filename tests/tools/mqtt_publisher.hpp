// Publishes test messages with QoS 1 and remembers which were acknowledged.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/record.hpp"
#include "tools/content.hpp"
#include "tools/mqtt_wire.hpp"

namespace leat::test {

/**
 * Publishes ids in ascending order. When the connection breaks it makes a new one with the same session and sends
 * what is unacknowledged again, in order, before it goes on. [one thread]
 */
class MqttPublisher {
  public:
    struct Options {
        MqttWire::Options connection;
        std::string prefix;           ///< First levels of the topics.
        bool headers = true;          ///< User properties; version 5 alone has them.
        std::uint16_t window = 2000;  ///< Messages in flight.
    };

    MqttPublisher(Options options, const Content& content, const std::string& record);

    /** Connects, or connects again; false when the broker is away, which is worth another try a little later. */
    bool connect();
    bool connected() const { return wire_.has_value(); }
    /** How many messages may be sent now. */
    std::size_t room() const;
    /** Sends the message with this id; there must be room(). */
    void publish(std::uint64_t id);
    /** Sends, and takes acknowledgements for up to `timeout_ms`. */
    void pump(int timeout_ms);

    std::uint64_t acknowledged() const { return acknowledged_; }
    std::uint64_t unacknowledged() const { return head_ - tail_; }
    std::uint64_t resent() const { return resent_; }
    std::uint64_t without_subscriber() const { return without_subscriber_; }
    std::uint64_t refused() const { return refused_; }

  private:
    struct Flight {
        std::uint64_t id = 0;
        bool settled = false;
        bool received = false;  ///< QoS 2: PUBREC is in; from here on PUBREL is what is sent.
    };

    void encode(std::uint64_t sequence, bool dup);
    void handle(const MqttPacket& packet);
    void settle(Flight& flight, std::uint8_t reason);
    Flight& flight(std::uint64_t sequence) { return flights_[sequence % flights_.size()]; }

    Options options_;
    const Content& content_;
    RecordWriter record_;
    std::optional<MqttWire> wire_;
    std::vector<std::string> topics_;
    std::vector<Flight> flights_;  ///< A ring: the message of sequence number s has packet id s % size + 1.
    std::uint64_t tail_ = 0;
    std::uint64_t head_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t resent_ = 0;
    std::uint64_t without_subscriber_ = 0;
    std::uint64_t refused_ = 0;
    std::string payload_;
};

}  // namespace leat::test
