// From a backend's options to the settings of a connection.
//
// On the shard, or while probing on the main thread: reads files of secrets.
#pragma once

#include <leat/sdk/services.hpp>

#include <string>

#include "amqp/settings.hpp"
#include "broker_url.hpp"
#include "options.hpp"

namespace leat::rabbitmq {

/// What the options say, with secrets as they are now. False: `why` says which cannot be read.
template <class Base>
bool read_settings(const BrokerFields<Base>& options, Services services, const std::string& name, Settings& settings,
                   std::string& why) {
    BrokerUrl url;
    if (!parse_broker_url(options.url.text, url, why)) return false;
    settings.host = url.host;
    settings.port = url.port;
    settings.vhost = options.vhost.empty() ? url.vhost : options.vhost;
    if (!url.user.empty()) settings.user = url.user, settings.password = url.password;
    if (!options.user.empty()) settings.user = options.user;
    settings.is_external = options.mechanism == Mechanism::external;
    settings.uses_tls = url.uses_tls;
    settings.heartbeat = options.heartbeat;
    settings.timeout = options.connect_timeout;
    settings.reconnect_delay = options.reconnect_delay;
    settings.reconnect_max_delay = options.reconnect_max_delay;
    settings.name = options.client_id + "." + name;
    if (options.password && !options.password.read(services, settings.password)) {
        why = "password: " + settings.password;
        return false;
    }
    if (!options.tls) return true;
    settings.tls = tls_files(*options.tls);
    return read_key_password(*options.tls, services, settings.tls, why);
}

}  // namespace leat::rabbitmq
