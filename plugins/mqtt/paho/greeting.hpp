// What a Paho client says in CONNECT, from our settings, and what it is told in CONNACK. Thread: any; pure functions.
#pragma once

#include <mqtt/async_client.h>

#include <string>
#include <vector>

#include "native/connection.hpp"
#include "paho/properties.hpp"

namespace leat::mqtt {

/// How a Paho client reaches its broker, besides what every connection needs.
struct PahoSettings : ConnectionSettings {
    bool is_websocket = false;
    std::string path;   ///< of the WebSocket, with its first slash; may be empty
    std::string proxy;  ///< [user:password@]host:port of an HTTP proxy; empty: none
    // Sources:
    std::vector<Wanted> wanted;     ///< subscribed at each connection
    std::vector<std::string> gone;  ///< unsubscribed where the session is an earlier one's
    bool can_be_cut = false;        ///< goes through a tunnel; see PahoLink::cut()
};

/// Messages that a Paho client may have at a time; Paho's own limit.
inline constexpr int kMostWithPaho = 65'535;

/// Where the broker is, in Paho's words.
[[nodiscard]] std::string uri_of(const PahoSettings& settings);

/// Fills CONNECT in. The object must stay where it is until it has been used: Paho's copies point into it.
/// tunnel  host:port of the tunnel that stands before the proxy or the broker; empty: none.
void fill(paho::connect_options& options, const PahoSettings& settings, const TlsFiles& files,
          const std::string& tunnel);

/// What the broker grants.
[[nodiscard]] Connack connack_of(const paho::connect_response& response);

}  // namespace leat::mqtt
