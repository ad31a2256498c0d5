// The QoS 1 messages that a source has received and not yet acknowledged: in which order the PUBACKs go out, and
// which messages of a new connection are twins of those that the old one left behind.
//
//   if (!inbound.adopt(publish)) { inbound.received(publish, sequence, buffer); emit(...); }
//   inbound.acknowledge(is_settled, session);   // PUBACKs for the settled head, in the order of the PUBLISHes
//
// Sequence numbers are those of the source's window: what settles a message settles it under its number, whichever
// connection its packet came on. Each entry holds a reference to the buffer that its bytes lie in. On the shard only.
#pragma once

#include <leat/sdk/flow/settle.hpp>

#include <deque>
#include <unordered_map>

#include "native/codec/format.hpp"
#include "native/ring.hpp"
#include "native/session.hpp"

namespace leat::mqtt {

class Inbound {
  public:
    Inbound() = default;
    Inbound(const Inbound&) = delete;
    Inbound& operator=(const Inbound&) = delete;
    ~Inbound() { clear(); }

    /// A connection has been granted. Without a session the broker knows nothing of what it had sent before: no
    /// twins.
    void begin(bool session_present);

    /// The connection has ended: what is unacknowledged may come again and is kept to be compared.
    void lost();

    /// Whether this QoS 1 PUBLISH is the twin of the oldest message that the last connection left: sent again (DUP),
    /// with the same packet identifier, topic and payload. Then it must not be emitted: the earlier one answers for
    /// it. A first PUBLISH without DUP ends the comparing: the broker has sent again all that it will.    // hot: per
    /// message
    bool adopt(const Publish& publish);

    /// Remembers a QoS 1 PUBLISH that is emitted under this sequence number.                           // hot: per
    /// message
    void received(const Publish& publish, std::uint64_t sequence, leat_buffer* buffer);

    /// The message will be acknowledged with this reason code (version 5; an older broker just gets the PUBACK). One
    /// without a PUBACK, of QoS 0, is passed over.
    void refuse(std::uint64_t sequence, std::uint8_t code) {
        if (holds(sequence)) refused_[sequence] = code;
    }

    /// Writes the PUBACKs that are due: of the longest settled prefix [MQTT-4.6.0-2]. Returns how many.
    template <class IsSettled>
    std::size_t acknowledge(IsSettled&& is_settled, Session& session);

    /// Forgets every message that is not settled: it was abandoned, and its twin is to be emitted anew. After lost().
    template <class IsSettled>
    void forget_unsettled(IsSettled&& is_settled);

    /// PUBLISHes of this connection without PUBACK.
    [[nodiscard]] std::size_t unacknowledged() const { return arrivals_.size(); }
    /// Messages of earlier connections that still wait for their twins.
    [[nodiscard]] std::size_t awaited() const { return earlier_.size(); }
    /// Messages that wait for their PUBACK with a reason code.
    [[nodiscard]] std::size_t refused() const { return refused_.size(); }

  private:
    struct Arrival {
        std::uint64_t sequence;
        const char* topic;
        const std::uint8_t* payload;
        leat_buffer* buffer;
        std::uint32_t payload_size;
        std::uint16_t topic_size;
        std::uint16_t packet_id;
    };

    static bool is_twin(const Arrival& earlier, const Publish& publish);
    [[nodiscard]] bool holds(std::uint64_t sequence) const;
    void drop_earlier();
    void clear();

    Ring<Arrival> arrivals_;       // of this connection, in order
    std::deque<Arrival> earlier_;  // of the connections before, in the order in which the broker will send again
    std::unordered_map<std::uint64_t, std::uint8_t> refused_;
};

template <class IsSettled>
std::size_t Inbound::acknowledge(IsSettled&& is_settled, Session& session) {
    std::size_t count = 0;
    BufferRun buffers;
    for (; !arrivals_.empty() && is_settled(arrivals_[arrivals_.front()].sequence); ++count) {  // hot: per message
        const Arrival& arrival = arrivals_[arrivals_.front()];
        std::uint8_t code = reason::success;
        if (!refused_.empty()) {
            const auto refused = refused_.find(arrival.sequence);
            if (refused != refused_.end()) {
                code = refused->second;
                refused_.erase(refused);
            }
        }
        session.acknowledge(arrival.packet_id, code);
        buffers.drop(arrival.buffer);
        arrivals_.pop_front();
    }
    return count;
}

template <class IsSettled>
void Inbound::forget_unsettled(IsSettled&& is_settled) {
    std::deque<Arrival> settled;
    for (const Arrival& arrival : earlier_) {
        if (is_settled(arrival.sequence))
            settled.push_back(arrival);
        else
            leat_buffer_release(arrival.buffer, 1);
    }
    earlier_.swap(settled);
}

}  // namespace leat::mqtt
