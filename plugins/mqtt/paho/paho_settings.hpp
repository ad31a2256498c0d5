// From the options of a backend to the settings of a Paho client, which hold all that a native connection needs too.
#pragma once

#include "paho/link.hpp"
#include "settings.hpp"

namespace leat::mqtt {

/// The proxy of an URL such as http://user:password@proxy:3128/, as [user:password@]host:port.
[[nodiscard]] inline std::string proxy_place(std::string url) {
    if (const auto scheme = url.find("://"); scheme != std::string::npos) url.erase(0, scheme + 3);
    if (!url.empty() && url.back() == '/') url.pop_back();
    const auto host = url.rfind('@') + 1;  // 0 without one
    if (!url.empty() && url.find(':', host) == std::string::npos) url += ":8080";
    return url;
}

/// What all Paho clients of a backend have in common; see connection_settings().
template <class Base>
PahoSettings paho_settings(const BrokerFields<Base>& options, const BrokerUrl& url, Services services) {
    PahoSettings s;
    static_cast<ConnectionSettings&>(s) = connection_settings(options, url, services);
    s.is_websocket = url.is_websocket;
    s.path = url.path;
    s.proxy = proxy_place(options.proxy.text);
    return s;
}

}  // namespace leat::mqtt
