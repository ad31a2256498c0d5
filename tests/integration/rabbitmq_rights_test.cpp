// RabbitMQ through the host as a program, on a real broker that is strict: users with few rights, log-in by
// certificate, deliveries that wait too long or come back too often, a queue that somebody else deletes.
#include <doctest/doctest.h>

#include "integration/rabbitmq_bridge.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kFew = 300;

const Certificates& certificates() {
    static const Certificates ours;
    return ours;
}

/** Definitions that the broker begins with: the vhosts / and "plant", and the user "few", who may nothing but enter
 * the first. */
const char* const kDefinitions = R"({
  "vhosts": [ { "name": "/" }, { "name": "plant" } ],
  "users": [ { "name": "guest", "password": "guest", "tags": "administrator" },
             { "name": "few", "password": "few", "tags": "" } ],
  "permissions": [
    { "user": "guest", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*" },
    { "user": "few", "vhost": "/", "configure": "^$", "write": "^$", "read": "^$" } ] })";

/** Shared by these cases. It looks often whether a delivery waits for longer than its consumer_timeout. */
RabbitMq& strict_broker() {
    static const Folder folder;
    static RabbitMq broker({.tls = &certificates(),
                            .extra = "load_definitions = " + folder.write("definitions.json", kDefinitions) +
                                     "\nauth_mechanisms.1 = PLAIN\nauth_mechanisms.2 = EXTERNAL\n"
                                     "ssl_options.verify = verify_peer\nssl_cert_login_from = common_name",
                            .advanced = "{rabbit, [{channel_tick_interval, 200}]}",
                            .plugins = "rabbitmq_auth_mechanism_ssl"});
    return broker;
}

std::string as_few(const std::string& vhost = "") {
    return R"("url": ")" + strict_broker().url() + vhost + R"(", "user": "few", "password": "few")";
}

/** A bridge that tries again soon whatever has failed. */
Bridge eager(const std::string& backend, const std::string& from, const std::string& to) {
    return {backend + R"(, "reconnect_max_delay": "500ms")", from, to, R"(, "on_failure": { "max_delay": "500ms" })"};
}

/** Two queues, messages in the first one. */
void prepare(AmqpClient& client, const std::string& in, const std::string& out) {
    client.declare(in);
    client.declare(out);
    client.publish("", in, numbered(1, kFew));
}

}  // namespace

TEST_CASE("a user without rights is refused in words, at the vhost, the queue and the exchange, until he has them") {
    AmqpClient client(strict_broker().port());
    prepare(client, "rights.in", "rights.out");
    Bridge vhost = eager(as_few("/plant"), R"("queue": "rights.in")", R"("routing_key": "rights.out")");
    CHECK_MESSAGE(vhost.logs("access to vhost 'plant' refused for user 'few'"), vhost.log());
    CHECK(vhost.logs("check the vhost, and the user's permissions on it"));
    CHECK(vhost.host().stop() == 0);
    Bridge bridge = eager(as_few(), R"("queue": "rights.in")", R"("routing_key": "rights.out")");
    CHECK_MESSAGE(bridge.logs("access to queue 'rights.in' in vhost '/' refused for user 'few'"), bridge.log());
    CHECK(client.count("rights.in") == static_cast<int>(kFew));
    strict_broker().ctl({"set_permissions", "-p", "/", "few", "^$", "^$", "^rights"});
    CHECK_MESSAGE(bridge.logs("access to exchange 'amq.default' in vhost '/' refused for user 'few'"), bridge.log());
    CHECK(client.count("rights.out") == 0);
    CHECK(bridge.host().running());
    strict_broker().ctl({"set_permissions", "-p", "/", "few", "^$", "^amq.default$", "^rights"});
    check_all_landed(bridge, client, "rights.in", "rights.out", kFew, "rights given late, RabbitMQ -> RabbitMQ");
}

TEST_CASE("EXTERNAL: the client's certificate logs in, once the broker knows its name") {
    AmqpClient client(strict_broker().port());
    prepare(client, "external.in", "external.out");
    const std::string broker = R"("url": ")" + strict_broker().tls_url() + R"(", "mechanism": "EXTERNAL", )";
    const std::string tls = R"("tls": { "ca": ")" + certificates().ca() + R"(", "cert": ")" +
                            certificates().client() + R"(", "key": ")" + certificates().client_key() + "\" }";
    Bridge bridge = eager(broker + tls, R"("queue": "external.in")", R"("routing_key": "external.out")");
    CHECK_MESSAGE(bridge.logs("ACCESS_REFUSED"), bridge.log());  // nobody is called gateway
    strict_broker().ctl({"add_user", "gateway", "not a password that is used"});
    strict_broker().ctl({"set_permissions", "-p", "/", "gateway", "^$", ".*", ".*"});
    check_all_landed(bridge, client, "external.in", "external.out", kFew,
                     "log-in by certificate, RabbitMQ -> RabbitMQ");
}

TEST_CASE("a delivery that waits longer than the broker's consumer_timeout: told in words, and all land later") {
    AmqpClient client(strict_broker().port());
    prepare(client, "wait.in", "wait.out");
    const auto allow = [](const std::string& ms) {
        strict_broker().ctl({"eval", "application:set_env(rabbit, consumer_timeout, " + ms + ")."});
    };
    allow("1000");  // of channels from now on
    Bridge bridge =
        eager(url_of(strict_broker()), R"("queue": "wait.in")", R"("exchange": "wait.exchange", "routing_key": "k")");
    CHECK_MESSAGE(bridge.logs("delivery acknowledgement on channel 1 timed out"), bridge.log());
    CHECK(bridge.logs("all that was in flight is delivered again"));
    CHECK(bridge.host().running());
    allow("1800000");
    client.declare_exchange("wait.exchange", "direct");
    client.bind("wait.out", "wait.exchange", "k");
    // Nothing is said of what is left: a channel from before may still come to its end.
    CHECK_MESSAGE(audit(collect(client, "wait.out", kFew), kFew).missing == 0, bridge.log());
    CHECK(bridge.host().stop() == 0);
}

TEST_CASE("a quorum queue counts what kills bring back, and gives up what came back too often: to its dead letters") {
    AmqpClient client(strict_broker().port());
    client.declare("often.dead");
    client.declare("often.in",
                   {.is_quorum = true,
                    .arguments = {{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", "often.dead"}},
                    .numbers = {{"x-delivery-limit", 2}}});
    client.publish("", "often.in", numbered(1, 10));
    Bridge bridge = eager(url_of(strict_broker()), R"("queue": "often.in")",
                          R"("exchange": "often.exchange", "routing_key": "k")");
    int kills = 0;
    for (bool is_over = false; !is_over && kills < 20;) {
        REQUIRE_MESSAGE(eventually([&] { return client.count("often.in") == 0; }), bridge.log());  // it has them
        bridge.host().kill();
        ++kills;
        REQUIRE(eventually([&] { return client.count("often.in") + client.count("often.dead") == 10; }));
        is_over = client.count("often.dead") == 10;
        if (!is_over) bridge.start();
    }
    CHECK(kills > 2);
    const auto dead = collect(client, "often.dead", 10);
    CHECK_MESSAGE(audit(dead, 10).missing == 0, bridge.log());
    CHECK(audit(dead, 10).twice == 0);
    CHECK(client.count("often.in") == 0);
}

TEST_CASE("a queue that somebody deletes is waited for by a route that does not declare it") {
    AmqpClient client(strict_broker().port());
    prepare(client, "deleted.in", "deleted.out");
    Bridge bridge = eager(url_of(strict_broker()), R"("queue": "deleted.in")", R"("routing_key": "deleted.out")");
    CHECK_MESSAGE(audit(collect(client, "deleted.out", kFew), kFew).missing == 0, bridge.log());
    client.remove("deleted.in");
    CHECK_MESSAGE(bridge.logs("basic.cancel"), bridge.log());
    client.declare("deleted.in");
    client.publish("", "deleted.in", numbered(1, kFew));
    check_all_landed(bridge, client, "deleted.in", "deleted.out", kFew, "a deleted queue, RabbitMQ -> RabbitMQ");
}

TEST_CASE("a routing key without the right does not hold up those that have it") {
    AmqpClient client(strict_broker().port());
    client.declare_exchange("topics", "fanout");
    for (const char* queue : {"topics.in", "topics.out", "topics.dead"}) client.declare(queue);
    client.bind("topics.in", "topics", "");
    client.bind("topics.out", "amq.topic", "#");
    strict_broker().ctl({"set_permissions", "-p", "/", "few", "^$", "^amq\\.(topic|default)$", "^topics"});
    strict_broker().ctl({"set_topic_permissions", "-p", "/", "few", "amq.topic", "^yes", ".*"});
    for (std::size_t n = 1; n <= kFew; n += 3) {
        client.publish("topics", "yes." + std::to_string(n), numbered(n, 1));
        client.publish("topics", "no." + std::to_string(n), {"refused"});
        client.publish("topics", "yes." + std::to_string(n), numbered(n + 1, 2));
    }
    Bridge bridge(as_few(), R"("queue": "topics.in")", R"("exchange": "amq.topic", "routing_key": "${topic}")",
                  R"(, "on_failure": { "attempts": 2, "delay": "20ms", "dead_letter": { "backend": "mq",
                       "routing_key": "topics.dead" } })");
    check_all_landed(bridge, client, "topics.in", "topics.out", kFew, "keys without the right between, RabbitMQ");
    CHECK(client.count("topics.dead") == static_cast<int>(kFew / 3));
}
