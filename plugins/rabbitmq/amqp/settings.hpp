// How to reach and enter a broker: plain data, complete when a thread begins to connect.
#pragma once

#include <leat/sdk/tls.hpp>

#include <chrono>
#include <string>

namespace leat::rabbitmq {

struct Settings {
    std::string host;
    int port = 5672;
    std::string vhost = "/", user = "guest", password = "guest";
    bool is_external = false;  ///< logs in by certificate
    bool uses_tls = false;
    TlsFiles tls;
    std::chrono::seconds heartbeat{15};
    std::chrono::milliseconds timeout{10'000};  ///< of connecting, and of each answer
    std::chrono::milliseconds reconnect_delay{250}, reconnect_max_delay{30'000};
    std::string name;  ///< of the connection, in the broker's management page
};

}  // namespace leat::rabbitmq
