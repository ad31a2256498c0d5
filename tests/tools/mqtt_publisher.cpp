#include "tools/mqtt_publisher.hpp"

#include <algorithm>
#include <stdexcept>

namespace leat::test {

MqttPublisher::MqttPublisher(Options options, const Content& content, const std::string& record)
    : options_(std::move(options)), content_(content), record_(record), flights_(options_.window) {
    options_.connection.clean = false;
}

bool MqttPublisher::connect() {
    wire_.reset();
    try {
        wire_.emplace(options_.connection);
    } catch (const std::runtime_error&) {
        return false;
    }
    for (auto sequence = tail_; sequence < head_; ++sequence) {
        if (flight(sequence).settled) continue;
        if (wire_->session_present() && flight(sequence).received)
            wire_->pubrel(static_cast<std::uint16_t>(sequence % flights_.size() + 1));
        else
            encode(sequence, wire_->session_present());
        ++resent_;
    }
    return true;
}

std::size_t MqttPublisher::room() const {
    if (!wire_ || wire_->unsent() > 256 * 1024) return 0;
    const std::size_t window = std::min<std::size_t>(flights_.size(), wire_->broker_receive_maximum());
    return head_ - tail_ < window ? window - (head_ - tail_) : 0;
}

void MqttPublisher::publish(std::uint64_t id) {
    flight(head_) = {.id = id};
    encode(head_++, false);
}

void MqttPublisher::encode(std::uint64_t sequence, bool dup) {
    const std::uint64_t id = flight(sequence).id;
    content_.payload(id, payload_);
    std::vector<TestHeader> headers;
    const std::string number = std::to_string(id);
    const std::string trace = Content::trace(id);
    if (options_.headers) headers = {{"n", number}, {"trace", trace}};
    const auto lane = content_.lane(id);
    if (lane >= topics_.size()) topics_.resize(lane + 1);
    if (topics_[lane].empty()) topics_[lane] = content_.topic(options_.prefix, id);
    wire_->publish(topics_[lane], static_cast<std::uint16_t>(sequence % flights_.size() + 1), payload_, headers, dup);
}

void MqttPublisher::handle(const MqttPacket& packet) {
    if (packet.type != MqttPacket::puback && packet.type != MqttPacket::pubrec && packet.type != MqttPacket::pubcomp)
        return;
    const std::uint64_t slot = packet.packet_id - 1U;
    const std::uint64_t sequence = tail_ + (slot + flights_.size() - tail_ % flights_.size()) % flights_.size();
    if (packet.packet_id == 0 || slot >= flights_.size() || sequence >= head_ || flight(sequence).settled) return;
    if (packet.type == MqttPacket::pubrec && packet.reason < 0x80) {
        flight(sequence).received = true;
        wire_->pubrel(packet.packet_id);
        return;
    }
    settle(flight(sequence), packet.reason);
    while (tail_ < head_ && flight(tail_).settled) ++tail_;
}

void MqttPublisher::settle(Flight& flight, std::uint8_t reason) {
    flight.settled = true;
    if (reason >= 0x80) {
        ++refused_;
    } else if (reason != 0) {
        ++without_subscriber_;  // 0x10: the broker took it and nobody will get it
    } else {
        ++acknowledged_;
        record_.add({.id = flight.id, .lane = content_.lane(flight.id)});
    }
}

void MqttPublisher::pump(int timeout_ms) {
    if (!wire_) return;
    try {
        wire_->pump(timeout_ms, [this](const MqttPacket& packet) { handle(packet); });
        wire_->gather();
    } catch (const std::runtime_error&) {
        wire_.reset();
    }
    record_.flush();
}

}  // namespace leat::test
