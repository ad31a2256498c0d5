// RabbitMQ through the host as a program, on a real broker: flows, kills, restarts, refused messages.
// LEAT_RABBITMQ_MESSAGES in the environment changes the number of messages, 20,000.
#include <doctest/doctest.h>

#include "integration/rabbitmq_bridge.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

TEST_CASE("from queue to queue: all arrive, in order, once, with key and headers") {
    AmqpClient client(shared_broker().port());
    client.declare("plain.in");
    client.declare("plain.out");
    client.publish("", "plain.in", numbered(1, messages()));
    Bridge bridge(url_of(shared_broker()), R"("queue": "plain.in")",
                  R"("routing_key": "plain.out", "headers": { "unit": "C", "amqp-message-id": "m" })");
    const auto arrived = collect(client, "plain.out", messages());
    const Audit result = audit(arrived, messages());
    note("RabbitMQ -> RabbitMQ", result, messages());
    CHECK_MESSAGE(result.missing == 0, bridge.log());
    CHECK(result.twice == 0);
    CHECK(result.in_order);
    REQUIRE(!arrived.empty());
    CHECK(arrived[0].headers.at("unit") == "C");
    CHECK(arrived[0].message_id == "m");
    CHECK(arrived[0].delivery_mode == 2);
    CHECK(bridge.host().stop() == 0);
    CHECK(client.count("plain.in") == 0);
}

TEST_CASE("without an exchange and a routing key, a message goes to the queue that its topic names") {
    AmqpClient client(shared_broker().port());
    client.declare("topic.a");
    Folder folder;
    const std::string config =
        folder.write("c.json", R"({ "backends": { "mq": { "plugin": "rabbitmq", )" + url_of(shared_broker()) +
                                   R"( }, "made": { "plugin": "generate" } }, "routes": { "r": { "from": )" +
                                   R"({ "backend": "made", "count": 10, "topic": "topic.a", "key": "k1" }, )" +
                                   R"("to": { "backend": "mq" } } } })");
    Process host({leat::test::host(), "run", config}, {.output = folder / "log"});
    const auto arrived = collect(client, "topic.a", 10);
    CHECK_MESSAGE(audit(arrived, 10).missing == 0, read_file(folder / "log"));
    REQUIRE(!arrived.empty());
    CHECK(arrived[0].headers.at("leat-message-key") == "k1");
}

TEST_CASE("four kills of the host lose nothing") {
    AmqpClient client(shared_broker().port());
    client.declare("kill.in");
    client.declare("kill.out");
    const std::size_t first_part = messages() * 3 / 4;  // so that there is something to come after each kill
    client.publish("", "kill.in", numbered(1, first_part));
    Bridge bridge(url_of(shared_broker()), R"("queue": "kill.in")", R"("routing_key": "kill.out")");
    for (std::size_t kill = 1; kill <= 4; ++kill) {
        const auto threshold = static_cast<int>(messages() * kill / 6);
        REQUIRE_MESSAGE(eventually([&] { return client.count("kill.out") >= threshold; }, 60s, 2ms), bridge.log());
        bridge.host().kill();
        bridge.start();
    }
    client.publish("", "kill.in", numbered(first_part + 1, messages() - first_part));
    check_all_landed(bridge, client, "kill.in", "kill.out", messages(), "four kills, RabbitMQ -> RabbitMQ");
}

TEST_CASE("two restarts of the broker lose nothing, from a quorum queue to a classic one") {
    RabbitMq broker;
    const std::size_t first_part = messages() * 3 / 4;
    {
        AmqpClient client(broker.port());
        client.declare("in", {.is_quorum = true});
        client.declare("out");
        client.publish("", "in", numbered(1, first_part));
    }
    Bridge bridge(url_of(broker) + R"(, "reconnect_max_delay": "500ms")", R"("queue": "in")",
                  R"("routing_key": "out")");
    for (std::size_t restart = 1; restart <= 2; ++restart) {
        AmqpClient client(broker.port());
        const auto threshold = static_cast<int>(messages() * restart / 4);
        REQUIRE_MESSAGE(eventually([&] { return client.count("out") >= threshold; }, 60s, 2ms), bridge.log());
        broker.restart();
    }
    AmqpClient client(broker.port());
    client.publish("", "in", numbered(first_part + 1, messages() - first_part));
    CHECK(bridge.logs("shutting down"));
    check_all_landed(bridge, client, "in", "out", messages(), "two restarts of the broker, RabbitMQ -> RabbitMQ");
}

TEST_CASE("a message that goes to no queue is rejected with the broker's words; mandatory: false lets it go") {
    AmqpClient client(shared_broker().port());
    client.declare("return.in");
    client.declare("return.dead");
    client.publish("", "return.in", numbered(1, 100));
    const std::string dead =
        R"(, "on_failure": { "attempts": 1, "dead_letter": { "backend": "mq", "routing_key": "return.dead" } })";
    {
        Bridge bridge(url_of(shared_broker()), R"("queue": "return.in")", R"("routing_key": "return.nowhere")", dead);
        const auto arrived = collect(client, "return.dead", 100);
        CHECK_MESSAGE(audit(arrived, 100).missing == 0, bridge.log());
        REQUIRE(!arrived.empty());
        CHECK(arrived[0].headers.at("leat-reason").find("NO_ROUTE") != std::string::npos);
        CHECK_FALSE(arrived[0].headers.contains("leat-sequence"));
        CHECK(bridge.host().stop() == 0);
    }
    client.publish("", "return.in", numbered(1, 100));
    Bridge bridge(url_of(shared_broker()), R"("queue": "return.in")",
                  R"("routing_key": "return.nowhere", "mandatory": false)", dead);
    CHECK_MESSAGE(bridge.logs("received 100 = landed 100"), bridge.log());
    CHECK(bridge.host().stop() == 0);
    CHECK(client.count("return.in") == 0);
    CHECK(client.count("return.dead") == 0);
}

TEST_CASE("a reject goes to the source's dead-letter queue, which is declared with the queue") {
    AmqpClient client(shared_broker().port());
    Bridge bridge(
        url_of(shared_broker()),
        R"("queue": "dlx.in", "declare": { "queue_type": "quorum", "exchange": "dlx.readings", )"
        R"("routing_keys": ["plant.*.temp"], "dead_letter_queue": "dlx.dead", "arguments": { "x-delivery-limit": "20" } })",
        R"("routing_key": "${header:to}")", R"(, "on_failure": { "attempts": 1, "then": "source" })");
    REQUIRE_MESSAGE(bridge.logs("route bridge: running"), bridge.log());  // declared and bound
    client.publish("dlx.readings", "plant.7.temp", numbered(1, 50));
    const auto arrived = collect(client, "dlx.dead", 50);
    CHECK_MESSAGE(audit(arrived, 50).missing == 0, bridge.log());
    CHECK(audit(arrived, 50).twice == 0);
    CHECK(bridge.host().stop() == 0);
    CHECK(client.count("dlx.in") == 0);
}
