#include "paho/greeting.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace leat::mqtt {
namespace {

std::uint32_t number_of(const paho::properties& all, paho::property::code code, std::uint32_t otherwise) {
    for (int i = 0; i < all.c_struct().count; ++i) {
        const MQTTProperty& p = all.c_struct().array[i];
        if (p.identifier != static_cast<MQTTPropertyCodes>(code)) continue;
        switch (code) {
            case paho::property::MAXIMUM_QOS:
            case paho::property::RETAIN_AVAILABLE:
                return p.value.byte;
            case paho::property::RECEIVE_MAXIMUM:
                return p.value.integer2;
            default:
                return p.value.integer4;
        }
    }
    return otherwise;
}

void set_ssl(paho::connect_options& options, const TlsFiles& files) {
    paho::ssl_options ssl;
    if (!files.ca.empty()) ssl.set_trust_store(files.ca);
    if (!files.cert.empty()) ssl.set_key_store(files.cert);
    if (!files.key.empty()) ssl.set_private_key(files.key);
    if (!files.key_password.empty()) ssl.set_private_key_password(files.key_password);
    ssl.set_enable_server_cert_auth(files.verify);
    ssl.set_verify(files.verify);
    ssl.set_ssl_version(MQTT_SSL_VERSION_TLS_1_2);
    options.set_ssl(std::move(ssl));
}

void set_will(paho::connect_options& options, const Will& will, bool is_v5) {
    paho::properties properties;
    if (is_v5) {
        if (will.delay != 0)
            properties.add(
                paho::property(paho::property::WILL_DELAY_INTERVAL, static_cast<std::int32_t>(will.delay)));
        if (will.message_expiry != 0)
            properties.add(paho::property(paho::property::MESSAGE_EXPIRY_INTERVAL,
                                          static_cast<std::int32_t>(will.message_expiry)));
        if (!will.content_type.empty())
            properties.add(paho::property(paho::property::CONTENT_TYPE, will.content_type));
        for (const auto& [name, value] : will.user_properties)
            properties.add(paho::property(paho::property::USER_PROPERTY, name, value));
    }
    options.set_will(
        paho::will_options(will.topic, will.payload.data(), will.payload.size(), will.qos, will.retain, properties));
}

}  // namespace

std::string uri_of(const PahoSettings& s) {
    const char* const scheme =
        s.is_websocket ? (s.uses_tls ? "wss://" : "ws://") : (s.uses_tls ? "ssl://" : "tcp://");
    const bool is_v6 = s.host.find(':') != std::string::npos;
    return scheme + (is_v6 ? "[" + s.host + "]" : s.host) + ":" + std::to_string(s.port) + s.path;
}

void fill(paho::connect_options& o, const PahoSettings& s, const TlsFiles& files, const std::string& tunnel) {
    const Connect& c = s.connect;
    const bool is_v5 = c.version == Version::v5;
    o.set_mqtt_version(is_v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
    if (is_v5)
        o.set_clean_start(c.clean_start);
    else
        o.set_clean_session(c.clean_start);
    o.set_keep_alive_interval(static_cast<int>(c.keep_alive));
    o.set_connect_timeout(std::max<std::chrono::seconds>(
        std::chrono::seconds(1), std::chrono::duration_cast<std::chrono::seconds>(s.connect_timeout)));
    o.set_automatic_reconnect(false);
    o.set_max_inflight(kMostWithPaho);
    if (c.user) o.set_user_name(*c.user);
    if (c.password) o.set_password(*c.password);
    if (c.will) set_will(o, *c.will, is_v5);
    if (is_v5) {
        paho::properties properties;
        if (c.session_expiry != 0)
            properties.add(
                paho::property(paho::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(c.session_expiry)));
        if (c.receive_maximum != 65'535)
            properties.add(paho::property(paho::property::RECEIVE_MAXIMUM, c.receive_maximum));
        o.set_properties(std::move(properties));
    }
    // Paho takes the schemes http:// and https:// for the kind of the connection inside, not of the proxy: none is
    // given.
    std::string proxy = s.proxy;
    if (!tunnel.empty()) {
        const auto at = proxy.rfind('@');
        proxy = (at == std::string::npos ? std::string{} : proxy.substr(0, at + 1)) + tunnel;
    }
    if (!proxy.empty()) s.uses_tls ? o.set_https_proxy(proxy) : o.set_http_proxy(proxy);
    if (s.uses_tls) set_ssl(o, files);
}

Connack connack_of(const paho::connect_response& response) {
    const paho::properties& all = response.get_properties();
    Connack c;
    c.session_present = response.is_session_present();
    c.receive_maximum = static_cast<std::uint16_t>(number_of(all, paho::property::RECEIVE_MAXIMUM, 65'535));
    c.maximum_qos = static_cast<std::uint8_t>(number_of(all, paho::property::MAXIMUM_QOS, 2));
    c.retain_available = number_of(all, paho::property::RETAIN_AVAILABLE, 1) != 0;
    c.maximum_packet_size = number_of(all, paho::property::MAXIMUM_PACKET_SIZE, 0);
    return c;
}

}  // namespace leat::mqtt
