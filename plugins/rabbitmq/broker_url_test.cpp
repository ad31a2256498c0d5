#include "broker_url.hpp"

#include <doctest/doctest.h>

using leat::rabbitmq::BrokerUrl;
using leat::rabbitmq::parse_broker_url;

namespace {

BrokerUrl parsed(const char* text) {
    BrokerUrl url;
    std::string error;
    REQUIRE_MESSAGE(parse_broker_url(text, url, error), error);
    return url;
}

std::string fault(const char* text) {
    BrokerUrl url;
    std::string error;
    CHECK_FALSE(parse_broker_url(text, url, error));
    return error;
}

bool contains(const std::string& text, const char* word) { return text.find(word) != std::string::npos; }

}  // namespace

TEST_CASE("a broker URL names host, port, user and vhost; what it leaves out has AMQP's defaults") {
    const BrokerUrl plain = parsed("amqp://mq");
    CHECK(plain.host == "mq");
    CHECK(plain.port == 5672);
    CHECK(plain.vhost == "/");
    CHECK(plain.user.empty());
    CHECK_FALSE(plain.uses_tls);

    const BrokerUrl full = parsed("amqps://me:se%40cret@mq.example:5999/plant%2f7");
    CHECK(full.uses_tls);
    CHECK(full.port == 5999);
    CHECK(full.user == "me");
    CHECK(full.password == "se@cret");
    CHECK(full.vhost == "plant/7");

    CHECK(parsed("amqps://mq").port == 5671);
    CHECK(parsed("amqp://mq/").vhost == "/");
    CHECK(parsed("amqp://[::1]:5673").host == "::1");
    CHECK(parsed("amqp://me@mq").password.empty());
}

TEST_CASE("a broken broker URL is refused with what would be right") {
    CHECK(contains(fault("mq:5672"), "begins with amqp://"));
    CHECK(contains(fault("rabbitmq://mq"), "did you mean amqp://"));
    CHECK(contains(fault("tls://mq"), "did you mean amqps://"));
    CHECK(contains(fault("http://mq"), "unknown scheme 'http'"));
    CHECK(contains(fault("amqp://mq:port"), "looks like amqp://"));
    CHECK(contains(fault("amqp://mq:70000"), "looks like amqp://"));
}
