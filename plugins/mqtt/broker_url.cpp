#include "broker_url.hpp"

#include <charconv>

namespace leat::mqtt {
namespace {

int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escaped = text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
        out += escaped ? static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i];
        if (escaped) i += 2;
    }
    return out;
}

bool parse_scheme(std::string_view& rest, BrokerUrl& url, std::string& error) {
    const auto end = rest.find("://");
    const std::string scheme(end == std::string_view::npos ? std::string_view{} : rest.substr(0, end));
    if (scheme == "mqtt" || scheme == "mqtts" || scheme == "ws" || scheme == "wss") {
        url.uses_tls = scheme == "mqtts" || scheme == "wss";
        url.is_websocket = scheme[0] == 'w';
        rest.remove_prefix(end + 3);
        return true;
    }
    error = scheme.empty() ? "a broker URL begins with mqtt:// or mqtts://" : "unknown scheme '" + scheme + "'";
    if (scheme == "tcp")
        error += ": did you mean mqtt:// ?";
    else if (scheme == "ssl" || scheme == "tls")
        error += ": did you mean mqtts:// ?";
    else if (!scheme.empty())
        error += ": use mqtt:// or mqtts://";
    return false;
}

bool parse_port(std::string_view text, std::uint16_t& port, std::string& error) {
    unsigned number = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (status == std::errc() && end == text.data() + text.size() && number >= 1 && number <= 65'535) {
        port = static_cast<std::uint16_t>(number);
        return true;
    }
    error = "the port '" + std::string(text) + "' is no number from 1 to 65535";
    return false;
}

}  // namespace

bool parse_broker_url(std::string_view text, BrokerUrl& url, std::string& error) {
    url = {};
    std::string_view rest = text;
    if (!parse_scheme(rest, url, error)) return false;
    url.port = url.is_websocket ? (url.uses_tls ? 443 : 80) : (url.uses_tls ? 8883 : 1883);
    if (const auto path = rest.find('/'); url.is_websocket && path != std::string_view::npos) {
        url.path = rest.substr(path);
        rest = rest.substr(0, path);
    }
    if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
    if (rest.find_first_of("/?#") != std::string_view::npos) {
        error = "a broker URL ends with host and port: nothing may follow";
        return false;
    }
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        const std::string_view login = rest.substr(0, at);
        const auto colon = login.find(':');
        url.user = unescaped(login.substr(0, colon));
        if (colon != std::string_view::npos) url.password = unescaped(login.substr(colon + 1));
        rest.remove_prefix(at + 1);
    }
    std::string_view port;
    if (!rest.empty() && rest[0] == '[') {  // IPv6
        const auto end = rest.find(']');
        if (end == std::string_view::npos) {
            error = "'[' without ']'";
            return false;
        }
        url.host = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
        if (!rest.empty() && rest[0] != ':') {
            error = "after ']' comes nothing or a port";
            return false;
        }
        if (!rest.empty()) port = rest.substr(1);
        if (!rest.empty() && port.empty()) port = "?";
    } else {
        const auto colon = rest.find(':');
        url.host = rest.substr(0, colon);
        if (colon != std::string_view::npos) port = rest.substr(colon + 1);
        if (colon != std::string_view::npos && port.empty()) port = "?";
    }
    if (url.host.empty()) {
        error = "a broker URL needs a host";
        return false;
    }
    return port.empty() || parse_port(port, url.port, error);
}

}  // namespace leat::mqtt
