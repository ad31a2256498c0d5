#include "conformance/clients/mqtt_client.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace leat::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::minutes(1);
constexpr std::size_t kFiltersAtOnce = 500;
constexpr std::size_t kWindow = 500;
constexpr unsigned char kUserProperty = 0x26;

std::string cut_text(std::string_view& rest) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(rest.at(0)) << 8 |
                                               static_cast<unsigned char>(rest.at(1)));
    std::string text(rest.substr(2, size));
    rest.remove_prefix(2 + size);
    return text;
}

/** The user properties; others are not expected between test clients and the plugin, but for these sizes. */
std::vector<std::pair<std::string, std::string>> user_properties(std::string_view rest) {
    std::vector<std::pair<std::string, std::string>> found;
    while (!rest.empty()) {
        const auto id = static_cast<unsigned char>(rest.front());
        rest.remove_prefix(1);
        if (id == kUserProperty) {
            std::string name = cut_text(rest);
            found.emplace_back(std::move(name), cut_text(rest));
        } else if (id == 0x01) {  // payload format indicator
            rest.remove_prefix(1);
        } else if (id == 0x02) {  // message expiry interval
            rest.remove_prefix(4);
        } else if (id == 0x03 || id == 0x08 || id == 0x09) {  // content type, response topic, correlation data
            (void)cut_text(rest);
        } else {
            throw std::runtime_error("property " + std::to_string(id) + " was not expected");
        }
    }
    return found;
}

/** Subscribes in pieces and waits for each SUBACK. */
void subscribe(MqttWire& wire, const std::vector<std::string>& filters, std::vector<Sample>* arrived) {
    for (std::size_t begin = 0; begin < filters.size(); begin += kFiltersAtOnce) {
        const auto end = std::min(begin + kFiltersAtOnce, filters.size());
        wire.subscribe({filters.begin() + static_cast<std::ptrdiff_t>(begin),
                        filters.begin() + static_cast<std::ptrdiff_t>(end)},
                       1);
        bool done = false;
        const auto limit = Clock::now() + kPatience;
        while (!done) {
            if (Clock::now() > limit) throw std::runtime_error("no SUBACK");
            wire.pump(100, [&](const MqttPacket& packet) {
                if (packet.type == MqttPacket::suback) done = true;
                if (packet.type == MqttPacket::publish && arrived == nullptr) {
                    throw std::runtime_error("a new session got a message");
                }
            });
        }
    }
}

}  // namespace

MqttWire::Options MqttClient::connection(const std::string& client_id, bool clean) const {
    return {.port = port_, .version = version_, .client_id = client_id, .clean = clean, .publish_qos = publish_qos_};
}

void MqttClient::make_session(const std::string& client_id, const std::vector<std::string>& filters) const {
    MqttWire wire(connection(client_id, false));
    subscribe(wire, filters, nullptr);
    wire.disconnect();
    while (wire.unsent() > 0) wire.send();
}

void MqttClient::publish(const std::vector<Sample>& samples) const {
    MqttWire wire(connection("conformance-publisher", true));
    std::size_t sent = 0, acknowledged = 0;
    const auto limit = Clock::now() + kPatience;
    while (acknowledged < samples.size()) {
        for (; sent < samples.size() && sent - acknowledged < kWindow; ++sent) {
            const Sample& s = samples[sent];
            std::vector<TestHeader> headers;
            for (const auto& [name, value] : s.headers) headers.emplace_back(name, value);
            wire.publish(s.topic, static_cast<std::uint16_t>(sent % kWindow + 1), s.payload.value_or(""), headers,
                         false);
        }
        wire.pump(100, [&](const MqttPacket& packet) {
            if (packet.reason >= 0x80) throw std::runtime_error("a publish was refused");
            if (packet.type == MqttPacket::pubrec) wire.pubrel(packet.packet_id);
            acknowledged += packet.type == MqttPacket::puback || packet.type == MqttPacket::pubcomp;
        });
        if (Clock::now() > limit) throw std::runtime_error("not acknowledged in a minute");
    }
}

void MqttClient::listen(const std::vector<std::string>& topics) {
    collected_.clear();
    listener_ = std::make_unique<MqttWire>(connection("conformance-listener", true));
    subscribe(*listener_, topics, &collected_);
}

std::vector<Sample> MqttClient::collect(std::size_t count) {
    const auto limit = Clock::now() + kPatience;
    while (collected_.size() < count && Clock::now() < limit) {
        listener_->pump(100, [&](const MqttPacket& packet) {
            if (packet.type != MqttPacket::publish) return;
            collected_.push_back({.topic = std::string(packet.topic),
                                  .payload = std::string(packet.payload),
                                  .headers = user_properties(packet.properties)});
            if (packet.qos > 0) listener_->puback(packet.packet_id);
        });
    }
    return collected_;
}

}  // namespace leat::test
