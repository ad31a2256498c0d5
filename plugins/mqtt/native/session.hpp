// The MQTT client's side of one connection as a state machine without a socket: bytes in, events and bytes out. It
// decodes, checks that the broker keeps to the protocol, and encodes; it keeps no message.
//
//   Session session;
//   session.open(connect);                            // CONNECT is in session.out()
//   for (Event e; session.next(received, e) == Step::event;) handle(e);
//   socket.write(session.out());
//
// On the shard only. Views in an event point into the bytes given to next().
#pragma once

#include <string>

#include "native/codec/decode.hpp"
#include "native/codec/encode.hpp"

namespace leat::mqtt {

/// What the broker said. Which members count follows from the kind.
struct Event {
    enum class Kind : std::uint8_t {
        connected,     ///< connack
        refused,       ///< connack: its code says why; the connection is over
        published,     ///< publish, packet
        acknowledged,  ///< ack: PUBACK for a packet identifier of ours
        received,      ///< ack: PUBREC for a QoS 2 message of ours
        completed,     ///< ack: PUBCOMP for a QoS 2 message of ours
        released,      ///< ack: PUBREL for a QoS 2 message of the broker's
        subscribed,    ///< granted
        unsubscribed,  ///< granted
        ping_answered,
        closed,  ///< goodbye: the broker's DISCONNECT, or fault: it broke the protocol; the connection is over
    };

    Kind kind{};
    Publish publish;
    Bytes packet;  ///< the whole PUBLISH, so that it can be decoded again
    Connack connack;
    Ack ack;
    Granted granted;
    Goodbye goodbye;
    Fault fault = nullptr;
};

class Session {
  public:
    enum class Step : std::uint8_t {
        event,    ///< one was written; ask again
        starved,  ///< the bytes end within a packet; see wanted()
        over,     ///< the connection has ended; nothing more will come
    };

    /// Begins a connection: empties out() and puts CONNECT into it.
    /// largest  the largest packet taken from the broker, in bytes.
    void open(const Connect& connect, std::size_t largest);

    /// Takes the next packet off the front of `in`.                                          // hot: per message
    Step next(Bytes& in, Event& out);

    /// After `starved`: how many bytes the packet at the front needs in all; 0 when not yet known.
    [[nodiscard]] std::size_t wanted() const { return wanted_; }

    [[nodiscard]] bool is_connected() const { return state_ == State::connected; }
    [[nodiscard]] Version version() const { return version_; }

    /// What is to be written to the socket, in order. The caller removes what has been written.
    ByteBuffer& out() { return out_; }

    /// Appends a PUBLISH to out().                                                             // hot: per message
    void publish(const Publish& publish);
    /// Appends a PUBACK, PUBREC, PUBREL or PUBCOMP to out(); 3.1.1 leaves the code away.        // hot: per message
    void acknowledge(Packet packet, std::uint16_t packet_id, std::uint8_t code = reason::success) {
        encode_ack(out_, packet, packet_id, code, version_);
    }
    /// Both return the packet identifier that the answer will carry.
    std::uint16_t subscribe(std::span<const Wanted> filters);
    std::uint16_t unsubscribe(std::span<const std::string> filters);
    void ping() { encode_pingreq(out_); }
    /// Says good-bye; nothing is taken from the broker after it.
    void disconnect(std::uint8_t code = reason::success);

  private:
    enum class State : std::uint8_t { closed, connecting, connected };

    Step take(const Frame& frame, Event& out);
    Fault take_connack(const Frame& frame, Event& out);
    Fault dispatch(const Frame& frame, Event& out);
    Step broken(Fault fault, std::uint8_t code, Event& out);
    std::uint16_t next_id();

    ByteBuffer out_;
    std::size_t largest_ = kMaxPacket;
    std::size_t wanted_ = 0;
    Version version_ = Version::v5;
    State state_ = State::closed;
    std::uint16_t last_id_ = 0;
};

}  // namespace leat::mqtt
