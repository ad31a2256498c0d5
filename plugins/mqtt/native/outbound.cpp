#include "native/outbound.hpp"

#include <algorithm>

namespace leat::mqtt {

void Outbound::begin(bool session_present, std::uint16_t receive_maximum) {
    lost();
    is_open_ = true;
    receive_maximum_ = receive_maximum;
    if (session_present) return;
    needs_new_session_ = false;
    ever_sent_ = items_.front();
    for (std::uint64_t at = items_.front(); at != items_.end(); ++at) items_[at].is_received = false;
}

void Outbound::lost() {
    is_open_ = false;
    for (std::uint64_t at = items_.front(); at != items_.end(); ++at) {
        Item& item = items_[at];
        if (item.is_done && item.is_sent && item.publish.qos == 2) needs_new_session_ = true;
        item.is_sent = false;
    }
    pop_ended();
    next_ = items_.front();
    unconfirmed_ = 0;
    written_.clear();  // QoS 0 bytes that were not handed over go out again
    too_large_.clear();
}

void Outbound::write(Session& session, std::size_t room, std::uint32_t largest) {
    if (!is_open_) return;
    for (; next_ != items_.end() && session.out().size() < room; ++next_) {
        if (next_ - items_.front() >= kIds) break;  // its identifier is still in use
        Item& item = items_[next_];
        if (item.is_done) continue;
        if (item.is_received) {  // the window is for PUBLISHes alone [MQTT-4.9.0-3]
            item.is_repeated = true;
            item.is_sent = true;
            ++unconfirmed_;
            session.acknowledge(Packet::pubrel, item.publish.packet_id);
            continue;
        }
        if (item.publish.qos != 0 && unconfirmed_ >= receive_maximum_) break;
        if (largest != 0 && publish_size(item.publish, session.version()) > largest) {
            too_large_.push_back(next_);
            continue;
        }
        item.publish.packet_id = item.publish.qos == 0 ? std::uint16_t{0} : id_of(next_);
        item.publish.dup = item.publish.qos != 0 && next_ < ever_sent_;
        session.publish(item.publish);
        if (item.publish.qos == 0) {
            written_.push_back(next_);
        } else {
            item.is_sent = true;
            ++unconfirmed_;
        }
    }
    ever_sent_ = std::max(ever_sent_, next_);
}

bool Outbound::find(std::uint16_t packet_id, std::uint64_t& position) const {
    if (packet_id == 0) return false;
    const std::uint64_t first = items_.front() % kIds;
    const std::uint64_t wanted = packet_id - 1U;
    position = items_.front() + (wanted + kIds - first) % kIds;
    return items_.holds(position) && items_[position].is_sent;
}

void Outbound::release(std::uint64_t position, std::uint8_t code, Session& session) {
    Item& item = items_[position];
    item.is_received = true;
    item.is_repeated = false;
    item.code = code;
    session.acknowledge(Packet::pubrel, item.publish.packet_id);
}

Outbound::Item Outbound::finish(std::uint64_t position) {
    Item& item = items_[position];
    if (item.is_sent) --unconfirmed_;
    item.is_sent = false;
    return end(position);
}

Outbound::Item Outbound::give_up(std::uint64_t position) {
    const Item& item = items_[position];
    if (item.publish.qos == 2 && !item.is_sent && position < ever_sent_) needs_new_session_ = true;
    return end(position);
}

Outbound::Item Outbound::end(std::uint64_t position) {
    Item& item = items_[position];
    if (!item.is_done) ++done_;
    item.is_done = true;
    const Item ended = item;
    pop_ended();
    return ended;
}

void Outbound::pop_ended() {
    while (!items_.empty() && items_[items_.front()].is_done && !items_[items_.front()].is_sent) {
        items_.pop_front();
        --done_;
    }
    next_ = std::max(next_, items_.front());
}

}  // namespace leat::mqtt
