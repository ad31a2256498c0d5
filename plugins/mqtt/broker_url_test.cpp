#include "broker_url.hpp"

#include <doctest/doctest.h>

using namespace leat::mqtt;

namespace {

std::string parsed(std::string_view text) {
    BrokerUrl u;
    std::string error;
    if (!parse_broker_url(text, u, error)) return "error: " + error;
    return (u.uses_tls ? "tls " : "tcp ") + u.host + " " + std::to_string(u.port) +
           (u.user.empty() ? "" : " " + u.user + ":" + u.password) + (u.is_websocket ? " ws" + u.path : "");
}

}  // namespace

TEST_CASE("a broker URL gives host, port, TLS and login") {
    CHECK(parsed("mqtt://mq") == "tcp mq 1883");
    CHECK(parsed("mqtts://mq/") == "tls mq 8883");
    CHECK(parsed("mqtt://127.0.0.1:1884") == "tcp 127.0.0.1 1884");
    CHECK(parsed("mqtt://[::1]") == "tcp ::1 1883");
    CHECK(parsed("mqtts://[::1]:99") == "tls ::1 99");
    CHECK(parsed("mqtt://me:s%40cret@mq") == "tcp mq 1883 me:s@cret");
}

TEST_CASE("a WebSocket URL gives its path too") {
    CHECK(parsed("ws://mq") == "tcp mq 80 ws");
    CHECK(parsed("wss://mq/mqtt") == "tls mq 443 ws/mqtt");
    CHECK(parsed("ws://me:pw@[::1]:9001/a/b?c") == "tcp ::1 9001 me:pw ws/a/b?c");
}

TEST_CASE("a URL that is wrong is told what would be right") {
    CHECK(parsed("mq:1883") == "error: a broker URL begins with mqtt:// or mqtts://");
    CHECK(parsed("tcp://mq") == "error: unknown scheme 'tcp': did you mean mqtt:// ?");
    CHECK(parsed("ssl://mq") == "error: unknown scheme 'ssl': did you mean mqtts:// ?");
    CHECK(parsed("http://mq") == "error: unknown scheme 'http': use mqtt:// or mqtts://");
    CHECK(parsed("mqtt://") == "error: a broker URL needs a host");
    CHECK(parsed("mqtt://mq:") == "error: the port '?' is no number from 1 to 65535");
    CHECK(parsed("mqtt://mq:70000") == "error: the port '70000' is no number from 1 to 65535");
    CHECK(parsed("mqtt://mq:1/topic") == "error: a broker URL ends with host and port: nothing may follow");
    CHECK(parsed("mqtt://[::1") == "error: '[' without ']'");
}
