// From the options of a backend to the settings of a connection: one place for the backend itself, for check and for
// probe.
#pragma once

#include <leat/sdk/services.hpp>

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker_url.hpp"
#include "native/connection.hpp"
#include "options.hpp"

namespace leat::mqtt {

/// First part of the client ids of a backend.
template <class Base>
std::string client_id_of(const BrokerFields<Base>& options) {
    if (!options.client_id.empty()) return options.client_id;
    char name[256] = "";
    if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "leat";
    return std::string("leat-") + name;
}

/// The client id of a source.
template <class Base>
std::string source_client_id(const BrokerFields<Base>& broker, const SourceOptions& source,
                             const leat_identity& identity) {
    if (!source.client_id.empty()) return source.client_id;
    return client_id_of(broker) + "." + identity.route + ".source." + std::to_string(identity.replica);
}

/// The client id that the sinks of a shard share.
template <class Base>
std::string sinks_client_id(const BrokerFields<Base>& broker, std::uint32_t shard) {
    return client_id_of(broker) + ".sinks." + std::to_string(shard);
}

/// What all connections of a backend have in common. services: of the backend, for secrets.
/// The options must outlive the settings.
template <class Base>
ConnectionSettings connection_settings(const BrokerFields<Base>& options, const BrokerUrl& url, Services services) {
    ConnectionSettings s;
    s.host = url.host;
    s.port = url.port;
    s.uses_tls = url.uses_tls;
    if (options.tls) s.tls = tls_files(*options.tls);
    s.connect.version = options.version == VersionChoice::v5 ? Version::v5 : Version::v3_1_1;
    s.connect.keep_alive = static_cast<std::uint16_t>(options.keep_alive.count());
    if (!url.user.empty()) s.connect.user = url.user;
    if (!url.password.empty()) s.connect.password = url.password;
    if (!options.user.empty()) s.connect.user = options.user;
    s.connect_timeout = options.connect_timeout;
    s.delay_min = options.reconnect_delay;
    s.delay_max = options.reconnect_max_delay;
    // Not told to the broker: it would drop larger messages without a word [MQTT-3.1.2-25]. One that comes ends the
    // connection, with the reason in the state, and stays with the broker.
    s.max_packet_size = static_cast<std::size_t>(options.max_packet_size.bytes);
    s.credentials = [&options, services](Connect& connect, TlsFiles& files, std::string& error) {
        if (options.password) {
            std::string secret;
            if (!options.password.read(services, secret)) return error = "the password: " + secret, false;
            connect.password = secret;
        }
        return !options.tls || read_key_password(*options.tls, services, files, error);
    };
    return s;
}

/// Seconds as CONNECT says them; the largest number means for ever.
inline std::uint32_t expiry_of(std::chrono::seconds seconds) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds.count(), 0, 0xFFFFFFFF));
}

/// The filters of a source, as SUBSCRIBE asks for them.
inline std::vector<Wanted> wanted_of(const SourceOptions& options) {
    std::vector<Wanted> wanted;
    for (const std::string& filter : options.topics) {
        Wanted w;
        w.filter = filter;
        w.qos = static_cast<std::uint8_t>(options.qos);
        switch (options.retained) {
            case RetainedChoice::fresh:
                w.retain_handling = 1;
                break;
            case RetainedChoice::always:
                w.retain_handling = 0;
                break;
            case RetainedChoice::never:
                w.retain_handling = 2;
                break;
        }
        wanted.push_back(std::move(w));
    }
    return wanted;
}

/// Puts a will into a connection's greeting.
inline void set_will(ConnectionSettings& s, const std::optional<WillOptions>& options) {
    if (!options) return;
    Will will;
    will.topic = options->topic;
    will.payload = options->payload;
    will.qos = static_cast<std::uint8_t>(options->qos);
    will.retain = options->retain;
    will.delay = expiry_of(options->delay);
    will.content_type = options->content_type;
    will.message_expiry = expiry_of(options->message_expiry);
    will.user_properties = options->headers;
    s.connect.will = std::move(will);
    s.will_on_stop = options->on_stop;
}
}  // namespace leat::mqtt
