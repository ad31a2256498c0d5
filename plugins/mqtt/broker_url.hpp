// Where a broker is, from a URL such as mqtts://mq:8883.
//
//   BrokerUrl url; std::string error;
//   if (!parse_broker_url("mqtt://[::1]", url, error)) complain(error);   // url.port == 1883
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace leat::mqtt {

struct BrokerUrl {
    std::string host;
    std::uint16_t port = 0;
    bool uses_tls = false;
    bool is_websocket = false;
    std::string path{};    ///< of a WebSocket, with its first slash; may be empty
    std::string user;      ///< empty: none
    std::string password;  ///< empty: none
};

/// Schemes mqtt (default port 1883), mqtts (8883), ws (80) and wss (443). False: `error` says what is wrong with it
/// and what would be right.
[[nodiscard]] bool parse_broker_url(std::string_view text, BrokerUrl& url, std::string& error);

}  // namespace leat::mqtt
