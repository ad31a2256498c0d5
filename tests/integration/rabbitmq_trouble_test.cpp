// RabbitMQ through the host as a program, on a real broker: what goes wrong at the broker, and what is told of it.
// LEAT_RABBITMQ_MESSAGES in the environment changes the number of messages, 20,000.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "integration/rabbitmq_bridge.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

TEST_CASE("an exchange that is not there holds its route, in words and without a tight loop, until it is made") {
    AmqpClient client(shared_broker().port());
    client.declare("late.in");
    client.declare("late.out");
    client.publish("", "late.in", numbered(1, 500));
    Bridge bridge(url_of(shared_broker()), R"("queue": "late.in")",
                  R"("exchange": "late.exchange", "routing_key": "k")");
    CHECK(bridge.logs("no exchange 'late.exchange'"));
    const auto channels_closed = [] { return count_of(shared_broker().log(), "late.exchange"); };
    const int before = channels_closed();
    std::this_thread::sleep_for(2s);  // a tight loop would close thousands of channels in it
    CHECK(channels_closed() - before < 100);
    client.declare_exchange("late.exchange", "direct");
    client.bind("late.out", "late.exchange", "k");
    CHECK_MESSAGE(audit(collect(client, "late.out", 500), 500).missing == 0, bridge.log());
    CHECK(bridge.host().stop() == 0);
}

TEST_CASE("a message that is too large for the broker is rejected alone, with the reason") {
    RabbitMq broker({.extra = "max_message_size = 65536"});
    AmqpClient client(broker.port());
    client.declare("out");
    client.declare("dead");
    Folder folder;
    std::string lines;
    for (int n = 1; n <= 400; ++n)
        lines += std::to_string(n) + (n % 100 == 0 ? std::string(100'000, ' ') : "") + "\n";
    const std::string config = folder.write(
        "bridge.json",
        R"({ "backends": { "mq": { "plugin": "rabbitmq", )" + url_of(broker) +
            R"( }, "in": { "plugin": "console" } }, "routes": { "bridge": { "from": { "backend": "in" }, )" +
            R"("to": { "backend": "mq", "routing_key": "out" }, "on_failure": { "attempts": 1, )" +
            R"("dead_letter": { "backend": "in", "show": ["headers"] } } } } })");
    const std::string input = folder / "lines";  // a pipe: files cannot be watched
    REQUIRE(::mkfifo(input.c_str(), 0600) == 0);
    Process host({"/bin/sh", "-c",
                  "exec " + leat::test::host() + " run " + config + " < " + input + " 2> " + (folder / "log")},
                 {.output = folder / "dead"});
    std::ofstream(input) << lines;
    const auto arrived = collect(client, "out", 396);
    CHECK_MESSAGE(audit(arrived, 400).missing == 4, read_file(folder / "log"));
    CHECK(eventually([&] { return count_of(read_file(folder / "dead"), "PRECONDITION_FAILED") == 4; }));
}

TEST_CASE("wrong credentials, an unknown vhost and a missing queue are told in words, and by check --connect") {
    AmqpClient client(shared_broker().port());
    client.declare("words.in");
    const std::string address = "127.0.0.1:" + std::to_string(shared_broker().port());
    Bridge refused(R"("url": "amqp://)" + address + R"(", "user": "guest", "password": "wrong")",
                   R"("queue": "words.in")", R"("routing_key": "words.out")");
    CHECK_MESSAGE(refused.logs("ACCESS_REFUSED"), refused.log());
    CHECK(refused.logs("check user, password"));
    CHECK(refused.log().find("wrong") == std::string::npos);
    CHECK(refused.host().running());
    Bridge lost(R"("url": "amqp://)" + address + R"(/plant")", R"("queue": "words.in")",
                R"("routing_key": "words.out")");
    CHECK_MESSAGE(lost.logs("vhost plant not found"), lost.log());
    Bridge missing(url_of(shared_broker()), R"("queue": "words.none")", R"("routing_key": "words.out")");
    CHECK_MESSAGE(missing.logs("no queue 'words.none'"), missing.log());

    Folder folder;
    const std::string config = folder.write(
        "c.json", R"({ "backends": { "mq": { "plugin": "rabbitmq", )" + url_of(shared_broker()) +
                      R"( } }, "routes": { "r": { "from": { "backend": "mq", "queue": "words.none" }, )" +
                      R"("to": { "backend": "mq", "exchange": "amq.topic", "routing_key": "x" } } } })");
    CHECK(leat::test::run({leat::test::host(), "check", "--connect", config}, folder / "check") != 0);
    const std::string said = read_file(folder / "check");
    CHECK_MESSAGE(said.find("no queue 'words.none'") != std::string::npos, said);
    CHECK(said.find("exchange 'amq.topic' is there") != std::string::npos);
    CHECK(said.find("connected to 127.0.0.1") != std::string::npos);
}

TEST_CASE(
    "check tells loops by queue and by binding, TLS options without TLS, and a prefetch that is never reached") {
    Folder folder;
    const std::string config = folder.write("c.json", R"({
      "backends": { "mq": { "plugin": "rabbitmq", "url": "amqp://localhost", "tls": {} } },
      "routes": {
        "r": { "from": { "backend": "mq", "queue": "a", "declare": { "exchange": "x", "routing_keys": ["p.*"] } },
               "to": { "backend": "mq", "exchange": "x", "routing_key": "p.7" } },
        "s": { "from": { "backend": "mq", "queue": "b", "prefetch": 60000 }, "to": { "backend": "mq", "routing_key": "b" } },
        "t": { "from": { "backend": "mq", "queue": "c", "declare": { "exchange": "x", "routing_keys": ["q.*"] } },
               "to": { "backend": "mq", "exchange": "x", "routing_key": "p.7.8" } } } })");
    CHECK(leat::test::run({leat::test::host(), "check", config}, folder / "check") != 0);
    const std::string said = read_file(folder / "check");
    CHECK_MESSAGE(said.find("/backends/mq/tls: TLS settings, but the url is amqp://") != std::string::npos, said);
    CHECK(said.find("/routes/r/to: warning: messages may go round in a loop: r -> r") != std::string::npos);
    CHECK(said.find("/routes/s/to: warning: messages may go round in a loop: s -> s") != std::string::npos);
    CHECK(said.find("loop: t") == std::string::npos);
    CHECK(said.find("/routes/s/from/prefetch: warning") != std::string::npos);
}

TEST_CASE("a broker that is away at the start, and a queue that is deleted, are waited for") {
    RabbitMq broker;
    broker.stop();
    Bridge bridge(url_of(broker), R"("queue": "in", "declare": {})",
                  R"("routing_key": "out", "declare": { "queue": "out" })");
    CHECK_MESSAGE(bridge.logs("Connection refused"), bridge.log());
    broker.start();
    AmqpClient client(broker.port());
    REQUIRE_MESSAGE(eventually([&] { return client.count("in") >= 0 && client.count("out") >= 0; }, 60s),
                    bridge.log());
    client.publish("", "in", numbered(1, 100));
    CHECK_MESSAGE(audit(collect(client, "out", 100), 100).missing == 0, bridge.log());
    client.remove("in");
    CHECK_MESSAGE(bridge.logs("basic.cancel"), bridge.log());
    REQUIRE_MESSAGE(eventually([&] { return client.count("in") >= 0; }, 60s), bridge.log());
    client.publish("", "in", numbered(1, 100));
    CHECK_MESSAGE(audit(collect(client, "out", 100), 100).missing == 0, bridge.log());
    CHECK(bridge.host().stop() == 0);
}

TEST_CASE("a broker under an alarm blocks publishing: told, and nothing is lost when it has cleared") {
    RabbitMq broker;
    AmqpClient client(broker.port());
    client.declare("in");
    client.declare("out");
    client.publish("", "in", numbered(1, messages()));
    broker.ctl({"set_vm_memory_high_watermark", "0.00001"});
    Bridge bridge(url_of(broker), R"("queue": "in")", R"("routing_key": "out")");
    CHECK_MESSAGE(bridge.logs("connection.blocked"), bridge.log());
    CHECK(bridge.host().running());
    broker.ctl({"set_vm_memory_high_watermark", "absolute", "2GB"});
    check_all_landed(bridge, client, "in", "out", messages(), "an alarm, RabbitMQ -> RabbitMQ");
}

TEST_CASE("a frozen broker is told from its missing heartbeats; when it goes on nothing is lost") {
    RabbitMq broker;
    AmqpClient client(broker.port());
    client.declare("in");
    client.declare("out");
    client.publish("", "in", numbered(1, messages()));
    Bridge bridge(url_of(broker) + R"(, "heartbeat": "1s", "connect_timeout": "1s")", R"("queue": "in")",
                  R"("routing_key": "out")");
    REQUIRE_MESSAGE(eventually([&] { return client.count("out") >= 1000; }, 60s, 2ms), bridge.log());
    broker.process().freeze();
    CHECK_MESSAGE(bridge.logs("no heartbeat in time"), bridge.log());
    CHECK(bridge.host().running());
    broker.process().thaw();
    const Audit result = audit(collect(client, "out", messages()), messages());
    note("a frozen broker, RabbitMQ -> RabbitMQ", result, messages());
    CHECK_MESSAGE(result.missing == 0, bridge.log());
    CHECK(bridge.host().stop() == 0);
}

TEST_CASE("the host stops in time while the broker blocks") {
    RabbitMq broker;
    AmqpClient client(broker.port());
    client.declare("in");
    client.declare("out");
    client.publish("", "in", {std::string(8 << 20, '1'), std::string(8 << 20, '2'), std::string(8 << 20, '3')});
    broker.ctl({"set_vm_memory_high_watermark", "0.00001"});
    Bridge bridge(url_of(broker), R"("queue": "in")", R"("routing_key": "out")", R"(, "drain_timeout": "1s")");
    REQUIRE_MESSAGE(eventually([&] { return client.count("in") == 0; }), bridge.log());  // all are in flight
    bridge.host().signal(SIGTERM);
    CHECK_MESSAGE(bridge.host().wait(20s).has_value(), bridge.log());
    broker.ctl({"set_vm_memory_high_watermark", "absolute", "2GB"});
    CHECK(eventually([&] { return client.count("in") + client.count("out") >= 3; }));
}

TEST_CASE("TLS: a trusted broker is spoken to, also by client certificate; an unknown authority or name is refused") {
    const Certificates certificates;
    const Certificates others;
    RabbitMq broker({.tls = &certificates, .client_certificates = true});
    AmqpClient client(broker.port());
    client.declare("in");
    client.declare("out");
    client.publish("", "in", numbered(1, 1000));
    const auto tls = [&](const std::string& url, const std::string& ca, bool has_certificate) {
        return R"("url": ")" + url + R"(", "tls": { "ca": ")" + ca + '"' +
               (has_certificate
                    ? R"(, "cert": ")" + certificates.client() + R"(", "key": ")" + certificates.client_key() + '"'
                    : "") +
               " }";
    };
    {
        Bridge wrong(tls(broker.tls_url(), others.ca(), true), R"("queue": "in")", R"("routing_key": "out")");
        CHECK_MESSAGE(wrong.logs("not signed by an authority"), wrong.log());
        Bridge none(tls(broker.tls_url(), certificates.ca(), false), R"("queue": "in")", R"("routing_key": "out")");
        CHECK_MESSAGE(none.logs("next attempt"), none.log());
        CHECK(client.count("out") == 0);
    }
    Bridge right(tls(broker.tls_url(), certificates.ca(), true), R"("queue": "in")", R"("routing_key": "out")");
    CHECK_MESSAGE(audit(collect(client, "out", 1000), 1000).missing == 0, right.log());
    CHECK(right.host().stop() == 0);
}
