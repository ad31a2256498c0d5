#include "broker_url.hpp"

#include <amqp.h>

namespace leat::rabbitmq {
namespace {

constexpr std::string_view kPlain = "amqp://";
constexpr std::string_view kSecure = "amqps://";

bool check_scheme(std::string_view text, std::string& error) {
    if (text.starts_with(kPlain) || text.starts_with(kSecure)) return true;
    const auto end = text.find("://");
    if (end == std::string_view::npos) {
        error = "a broker URL begins with amqp:// or amqps://";
        return false;
    }
    const std::string scheme(text.substr(0, end));
    error = "unknown scheme '" + scheme + "': ";
    if (scheme == "rabbitmq" || scheme == "tcp")
        error += "did you mean amqp:// ?";
    else if (scheme == "ssl" || scheme == "tls")
        error += "did you mean amqps:// ?";
    else
        error += "use amqp:// or amqps://";
    return false;
}

}  // namespace

bool parse_broker_url(std::string_view text, BrokerUrl& url, std::string& error) {
    url = {};
    if (!check_scheme(text, error)) return false;
    const std::string_view rest = text.substr(text.find("://") + 3);
    const std::string_view place = rest.substr(0, rest.find('/'));
    std::string writable(text);  // parsed in place
    amqp_connection_info info;
    amqp_default_connection_info(&info);
    if (amqp_parse_url(writable.data(), &info) != AMQP_STATUS_OK || info.host == nullptr || *info.host == '\0' ||
        info.port < 1 || info.port > 65'535) {
        error = "no broker URL: it looks like amqp://user:password@host:5672/vhost, with %2f for a / in a name";
        return false;
    }
    url.host = info.host;
    url.port = info.port;
    url.uses_tls = info.ssl != 0;
    if (place.find('@') != std::string_view::npos) {
        url.user = info.user;
        if (place.substr(0, place.find('@')).find(':') != std::string_view::npos) url.password = info.password;
    }
    if (info.vhost != nullptr && *info.vhost != '\0') url.vhost = info.vhost;
    return true;
}

}  // namespace leat::rabbitmq
