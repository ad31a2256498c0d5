#include "native/inbound.hpp"

#include <cstring>

namespace leat::mqtt {

void Inbound::begin(bool session_present) {
    lost();
    if (session_present) return;
    drop_earlier();
    unreleased_.clear();
}

void Inbound::lost() {
    // The broker sends again in its own order: first what it sent on the last connection, then what it had not come
    // to.
    for (std::uint64_t at = arrivals_.end(); at != arrivals_.front(); --at) earlier_.push_front(arrivals_[at - 1]);
    arrivals_.clear();
    unreleased_.lost();
}

bool Inbound::adopt(const Publish& publish) {
    if (!publish.dup) {
        if (!earlier_.empty()) drop_earlier();
        unreleased_.end_of_repetitions();
        return false;
    }
    if (publish.qos == 2 && unreleased_.expects_repetitions()) {
        const std::uint64_t digest = digest_of(publish.topic, publish.payload);
        if (unreleased_.take_repeated(publish.packet_id, digest)) {
            arrivals_.push_back({kLanded, nullptr, nullptr, nullptr, digest, 0, 0, publish.packet_id, publish.qos});
            return true;
        }
    }
    if (earlier_.empty() || !is_twin(earlier_.front(), publish)) return false;
    arrivals_.push_back(earlier_.front());
    earlier_.pop_front();
    return true;
}

void Inbound::received(const Publish& publish, std::uint64_t sequence, leat_buffer* buffer) {
    leat_buffer_retain(buffer, 1);
    arrivals_.push_back({sequence, publish.topic.data(), publish.payload.data(), buffer, 0,
                         static_cast<std::uint32_t>(publish.payload.size()),
                         static_cast<std::uint16_t>(publish.topic.size()), publish.packet_id, publish.qos});
}

void Inbound::answer(const Arrival& arrival, std::uint8_t code, Session& session) {  // hot: per message
    if (arrival.qos == 1) {
        session.acknowledge(Packet::puback, arrival.packet_id, code);
        return;
    }
    session.acknowledge(Packet::pubrec, arrival.packet_id, code);
    // A refused one ends here; only version 5 can say that it is refused.
    if (code < reason::unspecified || session.version() != Version::v5)
        unreleased_.add(arrival.packet_id, arrival.digest_now());
}

void Inbound::release(std::uint16_t packet_id, Session& session) {
    const bool is_known = unreleased_.release(packet_id);
    session.acknowledge(Packet::pubcomp, packet_id, is_known ? reason::success : reason::packet_id_not_found);
}

bool Inbound::is_twin(const Arrival& earlier, const Publish& publish) {
    if (earlier.packet_id != publish.packet_id || earlier.qos != publish.qos) return false;
    if (earlier.sequence == kLanded) return earlier.digest == digest_of(publish.topic, publish.payload);
    if (earlier.topic_size != publish.topic.size() || earlier.payload_size != publish.payload.size()) return false;
    if (std::memcmp(earlier.topic, publish.topic.data(), publish.topic.size()) != 0) return false;
    return publish.payload.empty() ||
           std::memcmp(earlier.payload, publish.payload.data(), publish.payload.size()) == 0;
}

// From the front: what is settled is mostly among the oldest.
bool Inbound::holds(std::uint64_t sequence) const {
    for (std::uint64_t at = arrivals_.front(); at != arrivals_.end(); ++at)
        if (arrivals_[at].sequence == sequence) return true;
    for (const Arrival& arrival : earlier_)
        if (arrival.sequence == sequence) return true;
    return false;
}

void Inbound::drop_earlier() {
    BufferRun buffers;
    for (const Arrival& arrival : earlier_) {
        buffers.drop(arrival.buffer);
        refused_.erase(arrival.sequence);
    }
    earlier_.clear();
}

void Inbound::clear() {
    lost();
    drop_earlier();
}

}  // namespace leat::mqtt
