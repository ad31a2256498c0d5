#include "paho/properties.hpp"

#include <string>

#include "native/codec/properties.hpp"

namespace leat::mqtt {
namespace {

void put_text(ByteBuffer& out, const MQTTLenString& text) {
    out.push_back(static_cast<std::uint8_t>((static_cast<unsigned>(text.len) >> 8U) & 0xFFU));
    out.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(text.len) & 0xFFU));
    out.insert(out.end(), text.data, text.data + text.len);
}

void put_four(ByteBuffer& out, std::uint32_t number) {
    for (const unsigned shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<std::uint8_t>(number >> shift));
}

}  // namespace

ByteBuffer block_of(const paho::properties& properties) {
    ByteBuffer out;
    const MQTTProperties& all = properties.c_struct();
    for (int i = 0; i < all.count; ++i) {
        const MQTTProperty& p = all.array[i];
        const auto id = static_cast<std::uint8_t>(p.identifier);
        switch (p.identifier) {
            case MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR:
                out.insert(out.end(), {id, p.value.byte});
                break;
            case MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL:
                out.push_back(id);
                put_four(out, p.value.integer4);
                break;
            case MQTTPROPERTY_CODE_CONTENT_TYPE:
            case MQTTPROPERTY_CODE_RESPONSE_TOPIC:
            case MQTTPROPERTY_CODE_CORRELATION_DATA:
                out.push_back(id);
                put_text(out, p.value.data);
                break;
            case MQTTPROPERTY_CODE_USER_PROPERTY:
                out.push_back(id);
                put_text(out, p.value.data);
                put_text(out, p.value.value);
                break;
            default:
                break;
        }
    }
    return out;
}

paho::properties properties_of(Bytes block) {
    paho::properties all;
    PropertyReader reader(block);
    for (PropertyView p; reader.next(p);) {
        const auto id = static_cast<paho::property::code>(p.id);
        switch (p.id) {
            case Property::user:
                all.add(paho::property(id, std::string(p.text), std::string(p.value)));
                break;
            case Property::payload_format:
            case Property::message_expiry:
                all.add(paho::property(id, static_cast<std::int32_t>(p.number)));
                break;
            default:
                all.add(paho::property(id, std::string(p.text)));
                break;
        }
    }
    return all;
}

}  // namespace leat::mqtt
