// The QoS 2 messages that a source has answered with PUBREC and whose PUBREL has not come: until then a repetition of
// such a message is answered again and never emitted [MQTT-4.3.3-10].
//
//   unreleased.add(packet_id, digest_of(topic, payload));    // PUBREC was sent
//   if (unreleased.release(packet_id)) ...                   // PUBREL came
//   unreleased.lost();                                       // from here on repetitions may come
//   if (unreleased.take_repeated(packet_id, digest)) ...     // PUBLISH with DUP: its PUBREC got lost
//
// An identifier alone does not name a message: with unlimited in flight Mosquitto uses one for several at a time. So
// contents are compared too, by a digest, because the bytes are gone. On the shard only.
#pragma once

#include <cstdint>
#include <functional>

#include "native/codec/format.hpp"
#include "native/ring.hpp"

namespace leat::mqtt {

/// Tells messages of one packet identifier apart, within this process.
inline std::uint64_t digest_of(std::string_view topic, Bytes payload) {
    const std::hash<std::string_view> hash;
    return hash(topic) * 31 + hash(as_text(payload));
}

class Unreleased {
  public:
    /// More than identifiers are kept only of a broker that never releases: then the oldest is forgotten, and would
    /// come twice.
    static constexpr std::size_t kMost = 65'535;

    void add(std::uint16_t packet_id, std::uint64_t digest) {  // hot: per message
        if (ring_.size() >= kMost) pop_oldest();
        ring_.push_back({digest, packet_id, false});
        ++count_;
    }

    /// The broker lets the identifier go. False: it is not known (of an earlier process, perhaps).  // hot: per
    /// message
    bool release(std::uint16_t packet_id);

    /// The connection has ended: what is here may be sent again on the next.
    void lost() { repeatable_ = ring_.end(); }

    /// Whether a message of an earlier connection is here.
    [[nodiscard]] bool expects_repetitions() const { return ring_.front() < repeatable_; }

    /// The broker has sent again all that it will.
    void end_of_repetitions() { repeatable_ = 0; }

    /// Takes the message out if it is one of an earlier connection.
    bool take_repeated(std::uint16_t packet_id, std::uint64_t digest);

    void clear() {
        ring_.clear();
        count_ = 0;
    }

    [[nodiscard]] std::size_t size() const { return count_; }

  private:
    struct Entry {
        std::uint64_t digest;
        std::uint16_t packet_id;
        bool is_gone;
    };

    void remove(std::uint64_t position);
    void pop_oldest();

    Ring<Entry> ring_;              // in the order of the PUBRECs, which is that of the PUBRELs [MQTT-4.6.0-4]
    std::uint64_t repeatable_ = 0;  // those below this position are of earlier connections
    std::size_t count_ = 0;
};

}  // namespace leat::mqtt
