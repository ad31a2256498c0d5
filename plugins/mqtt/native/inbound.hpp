// The QoS 1 and 2 messages that a source has received and not yet acknowledged: in which order the PUBACKs and
// PUBRECs go out, and which messages of a new connection are twins of those that the old one left behind.
//
//   if (!inbound.adopt(publish)) { inbound.received(publish, sequence, buffer); emit(...); }
//   inbound.acknowledge(is_settled, session);   // for the settled head, in the order of the PUBLISHes
//   inbound.release(packet_id, session);        // PUBREL came: PUBCOMP
//
// With QoS 2 the PUBREC waits until the message has landed, as the PUBACK does; from then on the message is known by
// its identifier until the PUBREL, so that a repetition is answered and not emitted [MQTT-4.3.3-10].
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
#include "native/unreleased.hpp"

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

    /// Whether this PUBLISH of QoS 1 or 2 is the twin of the oldest message that the last connection left: sent again
    /// (DUP), with the same packet identifier, QoS, topic and payload; or of a QoS 2 message that has landed and
    /// whose PUBREC got lost. Then it must not be emitted: the earlier one answers for it. A first PUBLISH without
    /// DUP ends the comparing: the broker has sent again all that it will.                                      //
    /// hot: per message
    bool adopt(const Publish& publish);

    /// Remembers a PUBLISH of QoS 1 or 2 that is emitted under this sequence number.                   // hot: per
    /// message
    void received(const Publish& publish, std::uint64_t sequence, leat_buffer* buffer);

    /// The message will be acknowledged with this reason code (version 5; an older broker is told no code). One
    /// without an acknowledgement, of QoS 0, is passed over.
    void refuse(std::uint64_t sequence, std::uint8_t code) {
        if (holds(sequence)) refused_[sequence] = code;
    }

    /// Writes the PUBACKs and PUBRECs that are due: of the longest settled prefix [MQTT-4.6.0-2, MQTT-4.6.0-3].
    /// Returns how many.
    template <class IsSettled>
    std::size_t acknowledge(IsSettled&& is_settled, Session& session);

    /// Answers a PUBREL.                                                                              // hot: per
    /// message
    void release(std::uint16_t packet_id, Session& session);

    /// Forgets every message that is not settled: it was abandoned, and its twin is to be emitted anew. After lost().
    template <class IsSettled>
    void forget_unsettled(IsSettled&& is_settled);

    /// PUBLISHes of this connection without PUBACK or PUBREC.
    [[nodiscard]] std::size_t unacknowledged() const { return arrivals_.size(); }
    /// Messages of earlier connections that still wait for their twins.
    [[nodiscard]] std::size_t awaited() const { return earlier_.size(); }
    /// Messages that wait for their acknowledgement with a reason code.
    [[nodiscard]] std::size_t refused() const { return refused_.size(); }
    /// QoS 2 messages with PUBREC and without PUBREL.
    [[nodiscard]] std::size_t unreleased() const { return unreleased_.size(); }

  private:
    /// Instead of a sequence number: landed and recorded on an earlier connection, just to be answered again.
    static constexpr std::uint64_t kLanded = ~std::uint64_t{0};

    struct Arrival {
        std::uint64_t sequence;
        const char* topic;
        const std::uint8_t* payload;
        leat_buffer* buffer;
        std::uint64_t digest;  // of what is kLanded: its bytes are gone
        std::uint32_t payload_size;
        std::uint16_t topic_size;
        std::uint16_t packet_id;
        std::uint8_t qos;

        [[nodiscard]] std::uint64_t digest_now() const {
            return sequence == kLanded ? digest : digest_of({topic, topic_size}, {payload, payload_size});
        }
    };

    template <class IsSettled>
    static bool is_landed(const Arrival& arrival, IsSettled& is_settled) {
        return arrival.sequence == kLanded || is_settled(arrival.sequence);
    }
    void answer(const Arrival& arrival, std::uint8_t code, Session& session);
    static bool is_twin(const Arrival& earlier, const Publish& publish);
    [[nodiscard]] bool holds(std::uint64_t sequence) const;
    void drop_earlier();
    void clear();

    Ring<Arrival> arrivals_;       // of this connection, in order
    std::deque<Arrival> earlier_;  // of the connections before, in the order in which the broker will send again
    std::unordered_map<std::uint64_t, std::uint8_t> refused_;
    Unreleased unreleased_;
};

template <class IsSettled>
std::size_t Inbound::acknowledge(IsSettled&& is_settled, Session& session) {
    std::size_t count = 0;
    BufferRun buffers;
    for (; !arrivals_.empty() && is_landed(arrivals_[arrivals_.front()], is_settled); ++count) {  // hot: per message
        const Arrival& arrival = arrivals_[arrivals_.front()];
        std::uint8_t code = reason::success;
        if (!refused_.empty()) {
            const auto refused = refused_.find(arrival.sequence);
            if (refused != refused_.end()) {
                code = refused->second;
                refused_.erase(refused);
            }
        }
        answer(arrival, code, session);
        buffers.drop(arrival.buffer);
        arrivals_.pop_front();
    }
    return count;
}

template <class IsSettled>
void Inbound::forget_unsettled(IsSettled&& is_settled) {
    std::deque<Arrival> settled;
    for (const Arrival& arrival : earlier_) {
        if (is_landed(arrival, is_settled))
            settled.push_back(arrival);
        else
            leat_buffer_release(arrival.buffer, 1);
    }
    earlier_.swap(settled);
}

}  // namespace leat::mqtt
