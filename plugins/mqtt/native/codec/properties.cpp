#include "native/codec/properties.hpp"

#include <array>
#include <cstring>

namespace leat::mqtt {
namespace {

enum class Type : std::uint8_t { none, byte, two, four, varint, text, binary, pair };

constexpr std::uint16_t in(Packet p) { return static_cast<std::uint16_t>(1U << static_cast<unsigned>(p)); }

struct Rule {
    Type type = Type::none;
    std::uint16_t packets = 0;  // bit n: allowed in packet type n
};

constexpr std::uint16_t kAcks = in(Packet::puback) | in(Packet::pubrec) | in(Packet::pubrel) | in(Packet::pubcomp) |
                                in(Packet::suback) | in(Packet::unsuback);

// [MQTT5 2.2.2.2, table 2-4]
constexpr auto kRules = [] {
    std::array<Rule, 0x2B> rules{};
    const auto set = [&rules](Property id, Type type, unsigned packets) {
        rules[static_cast<std::size_t>(id)] = {type, static_cast<std::uint16_t>(packets)};
    };
    constexpr auto kConnect = in(Packet::connect);
    constexpr auto kConnack = in(Packet::connack);
    constexpr auto kPublish = in(Packet::publish);
    constexpr auto kBye = in(Packet::disconnect);
    constexpr auto kAuth = in(Packet::auth);
    set(Property::payload_format, Type::byte, kPublish);
    set(Property::message_expiry, Type::four, kPublish);
    set(Property::content_type, Type::text, kPublish);
    set(Property::response_topic, Type::text, kPublish);
    set(Property::correlation_data, Type::binary, kPublish);
    set(Property::subscription_id, Type::varint, kPublish | in(Packet::subscribe));
    set(Property::session_expiry, Type::four, kConnect | kConnack | kBye);
    set(Property::assigned_client_id, Type::text, kConnack);
    set(Property::server_keep_alive, Type::two, kConnack);
    set(Property::auth_method, Type::text, kConnect | kConnack | kAuth);
    set(Property::auth_data, Type::binary, kConnect | kConnack | kAuth);
    set(Property::request_problem, Type::byte, kConnect);
    set(Property::will_delay, Type::four, 0);
    set(Property::request_response, Type::byte, kConnect);
    set(Property::response_information, Type::text, kConnack);
    set(Property::server_reference, Type::text, kConnack | kBye);
    set(Property::reason_string, Type::text, kConnack | kAcks | kBye | kAuth);
    set(Property::receive_maximum, Type::two, kConnect | kConnack);
    set(Property::topic_alias_maximum, Type::two, kConnect | kConnack);
    set(Property::topic_alias, Type::two, kPublish);
    set(Property::maximum_qos, Type::byte, kConnack);
    set(Property::retain_available, Type::byte, kConnack);
    set(Property::user, Type::pair, 0xFFFF);
    set(Property::maximum_packet_size, Type::four, kConnect | kConnack);
    set(Property::wildcard_available, Type::byte, kConnack);
    set(Property::subscription_id_available, Type::byte, kConnack);
    set(Property::shared_available, Type::byte, kConnack);
    return rules;
}();

// Ranges narrower than the property's type.
Fault check_value(const PropertyView& p) {
    switch (p.id) {
        case Property::payload_format:
        case Property::maximum_qos:
        case Property::retain_available:
        case Property::wildcard_available:
        case Property::subscription_id_available:
        case Property::shared_available:
        case Property::request_problem:
        case Property::request_response:
            return p.number > 1 ? "a property that is 0 or 1 has another value" : nullptr;
        case Property::receive_maximum:
            return p.number == 0 ? "Receive Maximum is 0" : nullptr;
        case Property::maximum_packet_size:
            return p.number == 0 ? "Maximum Packet Size is 0" : nullptr;
        case Property::subscription_id:
            return p.number == 0 ? "a Subscription Identifier is 0" : nullptr;
        case Property::topic_alias:
            return p.number == 0 ? "Topic Alias is 0" : nullptr;
        default:
            return nullptr;
    }
}

}  // namespace

bool PropertyReader::fail(Fault why) {
    fault_ = why;
    rest_ = {};
    return false;
}

bool PropertyReader::read_integer(std::size_t bytes, std::uint32_t& out) {
    if (rest_.size() < bytes) return fail("a property is cut short");
    out = 0;
    for (std::size_t i = 0; i < bytes; ++i) out = (out << 8U) | rest_[i];
    rest_ = rest_.subspan(bytes);
    return true;
}

bool PropertyReader::read_varint(std::uint32_t& out) {
    out = 0;
    for (std::size_t i = 0; i < 4 && i < rest_.size(); ++i) {
        out |= static_cast<std::uint32_t>(rest_[i] & 0x7FU) << (7U * i);
        if ((rest_[i] & 0x80U) == 0) {
            rest_ = rest_.subspan(i + 1);
            return true;
        }
    }
    return fail("a property's variable length integer is broken");
}

bool PropertyReader::read_data(std::string_view& out, bool is_text) {
    std::uint32_t size = 0;
    if (!read_integer(2, size)) return false;
    if (rest_.size() < size) return fail("a property is cut short");
    out = as_text(rest_.first(size));
    rest_ = rest_.subspan(size);
    if (is_text && !valid_utf8(out)) return fail("a property's text is not UTF-8");
    return true;
}

bool PropertyReader::next(PropertyView& out) {
    if (rest_.empty()) return false;
    const std::uint8_t id = rest_[0];  // all known ones fit in one byte of the variable length integer
    const Type type = id < kRules.size() ? kRules[id].type : Type::none;
    rest_ = rest_.subspan(1);
    out = {};
    out.id = static_cast<Property>(id);
    switch (type) {
        case Type::byte:
            return read_integer(1, out.number);
        case Type::two:
            return read_integer(2, out.number);
        case Type::four:
            return read_integer(4, out.number);
        case Type::varint:
            return read_varint(out.number);
        case Type::text:
            return read_data(out.text, true);
        case Type::binary:
            return read_data(out.text, false);
        case Type::pair:
            return read_data(out.text, true) && read_data(out.value, true);
        case Type::none:
            break;
    }
    return fail("unknown property");
}

Fault check_properties(Bytes block, Packet packet) {
    std::uint64_t seen = 0;
    PropertyReader reader(block);
    for (PropertyView p; reader.next(p);) {
        const auto id = static_cast<unsigned>(p.id);
        if ((kRules[id].packets & in(packet)) == 0) return "a property that does not belong in this packet";
        const bool repeats =
            p.id == Property::user || (p.id == Property::subscription_id && packet == Packet::publish);
        if (!repeats && ((seen >> id) & 1U) != 0) return "a property stands twice";
        seen |= std::uint64_t{1} << id;
        if (Fault fault = check_value(p)) return fault;
    }
    return reader.fault();
}

bool valid_utf8(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (end - at >= 8) {  // eight ASCII characters at a time
            std::uint64_t word = 0;
            std::memcpy(&word, at, 8);
            const bool has_zero = ((word - 0x0101010101010101U) & ~word & 0x8080808080808080U) != 0;
            if (!has_zero && (word & 0x8080808080808080U) == 0) {
                at += 8;
                continue;
            }
        }
        const auto lead = static_cast<unsigned char>(*at++);
        if (lead == 0) return false;
        if (lead < 0x80) continue;
        const int more = lead >= 0xC2 && lead <= 0xDF   ? 1
                         : (lead & 0xF0U) == 0xE0       ? 2
                         : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                        : 0;
        if (more == 0 || end - at < more) return false;
        std::uint32_t code = lead & (0x3FU >> static_cast<unsigned>(more));
        for (int i = 0; i < more; ++i) {
            const auto c = static_cast<unsigned char>(*at++);
            if ((c & 0xC0U) != 0x80) return false;
            code = (code << 6U) | (c & 0x3FU);
        }
        if (more == 2 && (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF))) return false;
        if (more == 3 && (code < 0x10000 || code > 0x10FFFF)) return false;
    }
    return true;
}

}  // namespace leat::mqtt
