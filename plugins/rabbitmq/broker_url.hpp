// Where a broker is, from a URL such as amqps://user:password@mq:5671/vhost.
//
//   BrokerUrl url; std::string error;
//   if (!parse_broker_url("amqp://[::1]", url, error)) complain(error);   // url.port == 5672, url.vhost == "/"
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>

namespace leat::rabbitmq {

struct BrokerUrl {
    std::string host;
    int port = 0;
    bool uses_tls = false;
    std::string user;      ///< empty: none given
    std::string password;  ///< empty: none given
    std::string vhost = "/";
};

/// Schemes amqp (default port 5672) and amqps (5671); user, password and vhost with %-escapes. False: `error` says
/// what is wrong with it and what would be right.
[[nodiscard]] bool parse_broker_url(std::string_view text, BrokerUrl& url, std::string& error);

}  // namespace leat::rabbitmq
