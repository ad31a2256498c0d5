// What the sinks of one connection have taken over and the broker has not confirmed: sent in order within the
// broker's Receive Maximum, kept until the PUBACK or PUBCOMP, sent again in order after a reconnect.
//
//   outbound.add(item);
//   outbound.write(session, 256 * 1024, largest);                // as many as may be sent and as fit
//   if (outbound.find(ack.packet_id, position)) ...
//       outbound.release(position, ack.code, session);           // QoS 2, PUBREC: PUBREL goes out
//       settle(outbound.finish(position));                       // PUBACK or PUBCOMP
//
// A QoS 2 message keeps its payload until the PUBCOMP: a broker may take it over at the PUBREL alone, and may lose
// its session before. After a reconnect to the same session what had its PUBREC is released again and the rest
// published again (DUP), in order; to a new session all are new [MQTT-4.3.3, MQTT-4.4.0-1].
//
// An item's packet identifier follows from its position in the queue, so that finding it needs no table. QoS 0
// messages have landed when their bytes are handed to the socket: take_written() gives them back. On the shard only.
#pragma once

#include <leat/plugin.h>

#include <vector>

#include "native/ring.hpp"
#include "native/session.hpp"

namespace leat::mqtt {

class Outbound {
  public:
    struct Item {
        Publish publish;  ///< packet_id and dup are filled in when it is sent
        leat_receipt receipt{};
        leat_buffer* buffer = nullptr;   ///< where the payload lies; one reference
        leat_buffer* scratch = nullptr;  ///< where topic and properties lie; one reference
        std::uint32_t sink = 0;          ///< number of the sink that took it
        std::uint8_t code = 0;           ///< QoS 2: of the PUBREC
        bool is_sent = false;            ///< QoS 1 and 2: PUBLISH or PUBREL on this connection, and not confirmed
        bool is_received = false;        ///< QoS 2: PUBREC is in, from here on PUBREL is what is sent
        bool is_repeated = false;        ///< its PUBREL was sent on an earlier connection too
        bool is_done = false;
    };

    /// Takes over a message, behind those before it.                                                // hot: per
    /// message
    void add(const Item& item) { items_.push_back(item); }

    /// A connection has been granted: what was sent before is to be sent again, as a repetition if the broker still
    /// knows the session and as new if not [MQTT-4.4.0-1].
    void begin(bool session_present, std::uint16_t receive_maximum);

    /// The connection has ended.
    void lost();

    /// Puts messages into session.out() while the window allows and out() is smaller than `room` bytes.   // hot: per
    /// message largest  the broker's limit for a packet, 0: none; larger messages are left in too_large().
    void write(Session& session, std::size_t room, std::uint32_t largest);

    /// Items that write() has passed over because the broker would not take them: for the caller to settle and
    /// finish.
    [[nodiscard]] std::vector<std::uint64_t>& too_large() { return too_large_; }

    /// The QoS 0 items whose bytes have gone out in write() since the last call: to be settled and finished once the
    /// bytes are handed to the socket.
    [[nodiscard]] std::vector<std::uint64_t>& written() { return written_; }

    /// The position of the item that an acknowledgement names; false when no such message is on its way.   // hot:
    /// per message
    bool find(std::uint16_t packet_id, std::uint64_t& position) const;

    Item& at(std::uint64_t position) { return items_[position]; }

    /// Whether the item at this position has neither been finished nor given up.
    [[nodiscard]] bool is_live(std::uint64_t position) const {
        return items_.holds(position) && !items_[position].is_done;
    }

    /// PUBREC is in for a QoS 2 item, also one given up: appends the PUBREL.  code  of the PUBREC.        // hot: per
    /// message
    void release(std::uint64_t position, std::uint8_t code, Session& session);

    /// Ends an item, also one given up, and returns it: its receipt is about to be settled.             // hot: per
    /// message
    Item finish(std::uint64_t position);

    /// Ends an item that nobody waits for any more. If the broker has it, it counts against the Receive Maximum, and
    /// find() finds it, until its PUBACK or PUBCOMP: then finish() it.
    Item give_up(std::uint64_t position);

    /// Messages taken over and not ended.
    [[nodiscard]] std::size_t held() const { return items_.size() - done_; }
    /// QoS 1 and 2 messages sent on this connection and not confirmed.
    [[nodiscard]] std::size_t on_their_way() const { return unconfirmed_; }

    /// Whether the broker's session may hold a QoS 2 message that was given up. Its identifier will be used again,
    /// and would then name that message: the next connection must begin a new session.
    [[nodiscard]] bool needs_new_session() const { return needs_new_session_; }

    /// Calls f(position, item) for each item not ended; f may finish it.
    template <class F>
    void for_each(F&& f) {
        for (std::uint64_t at = items_.front(); at != items_.end(); ++at)
            if (is_live(at)) f(at, items_[at]);
    }

  private:
    Item end(std::uint64_t position);
    void pop_ended();

    static constexpr std::uint64_t kIds = 65'535;
    static std::uint16_t id_of(std::uint64_t position) { return static_cast<std::uint16_t>(position % kIds + 1); }

    Ring<Item> items_;
    std::uint64_t next_ = 0;       // the first item that was not sent on this connection
    std::uint64_t ever_sent_ = 0;  // items below were sent on some connection of the session
    std::size_t unconfirmed_ = 0;  // items with is_sent
    std::size_t done_ = 0;         // items in the ring that have ended
    std::uint16_t receive_maximum_ = 65'535;
    bool is_open_ = false;
    bool needs_new_session_ = false;
    std::vector<std::uint64_t> too_large_;
    std::vector<std::uint64_t> written_;
};

}  // namespace leat::mqtt
