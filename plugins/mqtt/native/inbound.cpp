#include "native/inbound.hpp"

#include <cstring>

namespace leat::mqtt {

void Inbound::begin(bool session_present) {
    lost();
    if (!session_present) drop_earlier();
}

void Inbound::lost() {
    // The broker sends again in its own order: first what it sent on the last connection, then what it had not come
    // to.
    for (std::uint64_t at = arrivals_.end(); at != arrivals_.front(); --at) earlier_.push_front(arrivals_[at - 1]);
    arrivals_.clear();
}

bool Inbound::adopt(const Publish& publish) {
    if (earlier_.empty()) return false;
    if (!publish.dup) {
        drop_earlier();
        return false;
    }
    if (!is_twin(earlier_.front(), publish)) return false;
    arrivals_.push_back(earlier_.front());
    earlier_.pop_front();
    return true;
}

void Inbound::received(const Publish& publish, std::uint64_t sequence, leat_buffer* buffer) {
    leat_buffer_retain(buffer, 1);
    arrivals_.push_back({sequence, publish.topic.data(), publish.payload.data(), buffer,
                         static_cast<std::uint32_t>(publish.payload.size()),
                         static_cast<std::uint16_t>(publish.topic.size()), publish.packet_id});
}

bool Inbound::is_twin(const Arrival& earlier, const Publish& publish) {
    if (earlier.packet_id != publish.packet_id || earlier.topic_size != publish.topic.size() ||
        earlier.payload_size != publish.payload.size())
        return false;
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
