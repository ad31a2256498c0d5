// RabbitMQ through the host as a program, on a real broker: kills, restarts, refusals, alarms, TLS.
// LEAT_RABBITMQ_MESSAGES in the environment changes the number of messages, 20,000.
#include <doctest/doctest.h>

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "support/eventually.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/rabbitmq.hpp"
#include "support/rabbitmq_client.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

std::size_t messages() { return static_cast<std::size_t>(setting("LEAT_RABBITMQ_MESSAGES", 20'000)); }

std::vector<std::string> numbered(std::size_t from, std::size_t count) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(std::to_string(from + i));
    return all;
}

/** The host with one route, from `from` to `to` (members of the JSON objects) at one broker. */
class Bridge {
  public:
    Bridge(const std::string& backend, const std::string& from, const std::string& to, const std::string& rest = "")
        : config_(folder_.write("bridge.json", R"({ "backends": { "mq": { "plugin": "rabbitmq", )" + backend +
                                                   R"( } }, "routes": { "bridge": { "from": { "backend": "mq", )" +
                                                   from + R"( }, "to": { "backend": "mq", )" + to + " }" + rest +
                                                   " } } }")) {
        start();
    }
    void start() { host_ = Process({leat::test::host(), "run", config_}, {.output = folder_ / "host.log"}); }
    Process& host() { return host_; }
    std::string log() const { return read_file(folder_ / "host.log"); }
    bool logs(std::string_view text) const {
        return eventually([&] { return log().find(text) != std::string::npos; }, 30s, 20ms);
    }
    int times(std::string_view text) const {
        const std::string all = log();
        int count = 0;
        for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
        return count;
    }

  private:
    Folder folder_;
    std::string config_;
    Process host_;
};

/** A broker that most cases share; each uses queues of its own. */
RabbitMq& shared_broker() {
    static RabbitMq broker;
    return broker;
}

std::string url_of(const RabbitMq& broker) { return R"("url": ")" + broker.url() + '"'; }

struct Audit {
    std::size_t missing = 0, twice = 0, strange = 0;
    bool in_order = true;  // first arrivals
};

Audit audit(const std::vector<AmqpClient::Message>& arrived, std::size_t count) {
    Audit result;
    std::vector<int> seen(count + 1);
    std::size_t latest = 0;
    for (const auto& message : arrived) {
        const std::size_t n = std::strtoull(message.payload.c_str(), nullptr, 10);
        if (n == 0 || n > count) {
            ++result.strange;
        } else if (seen[n]++ > 0) {
            ++result.twice;
        } else {
            result.in_order = result.in_order && n > latest;
            latest = std::max(latest, n);
        }
    }
    for (std::size_t n = 1; n <= count; ++n) result.missing += seen[n] == 0;
    return result;
}

/** What has come into a queue, until all `count` have been seen or nothing comes any more. */
std::vector<AmqpClient::Message> collect(AmqpClient& client, const std::string& queue, std::size_t count,
                                         std::chrono::milliseconds idle = 15s) {
    std::vector<AmqpClient::Message> all;
    std::set<std::string> seen;
    while (seen.size() < count) {
        auto some = client.take(queue, std::min<std::size_t>(count - seen.size(), 1000), idle);
        if (some.empty()) break;
        for (auto& message : some) {
            seen.insert(message.payload);
            all.push_back(std::move(message));
        }
    }
    return all;
}

void note(const std::string& title, const Audit& result, std::size_t count) {
    std::ostringstream line;
    line << "figure: " << title << ": published " << count << ", missing " << result.missing << ", twice "
         << result.twice << ", first arrivals " << (result.in_order ? "in order" : "out of order");
    std::printf("%s\n", line.str().c_str());
}

}  // namespace

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
    CHECK(arrived[0].headers.at("unit") == "C");
    CHECK(arrived[0].message_id == "m");
    CHECK(arrived[0].delivery_mode == 2);
    CHECK(bridge.host().stop() == 0);
    CHECK(client.count("plain.in") == 0);
}

TEST_CASE("four kills of the host lose nothing") {
    AmqpClient client(shared_broker().port());
    client.declare("kill.in");
    client.declare("kill.out");
    client.publish("", "kill.in", numbered(1, messages()));
    Bridge bridge(url_of(shared_broker()), R"("queue": "kill.in")", R"("routing_key": "kill.out")");
    for (std::size_t kill = 1; kill <= 4; ++kill) {
        const auto threshold = static_cast<int>(messages() * kill / 6);
        REQUIRE_MESSAGE(eventually([&] { return client.count("kill.out") >= threshold; }, 60s, 2ms), bridge.log());
        bridge.host().kill();
        CHECK(client.count("kill.in") > 0);
        bridge.start();
    }
    const Audit result = audit(collect(client, "kill.out", messages()), messages());
    note("four kills, RabbitMQ -> RabbitMQ", result, messages());
    CHECK_MESSAGE(result.missing == 0, bridge.log());
    CHECK(result.strange == 0);
    CHECK(bridge.host().stop() == 0);
    CHECK(client.count("kill.in") == 0);
}

TEST_CASE("two restarts of the broker lose nothing, from a quorum queue to a classic one") {
    RabbitMq broker;
    {
        AmqpClient client(broker.port());
        client.declare("in", {.is_quorum = true});
        client.declare("out");
        client.publish("", "in", numbered(1, messages()));
    }
    Bridge bridge(url_of(broker), R"("queue": "in")", R"("routing_key": "out")");
    for (std::size_t restart = 1; restart <= 2; ++restart) {
        AmqpClient client(broker.port());
        const auto threshold = static_cast<int>(messages() * restart / 4);
        REQUIRE_MESSAGE(eventually([&] { return client.count("out") >= threshold; }, 60s, 2ms), bridge.log());
        CHECK(client.count("in") > 0);
        broker.restart();
    }
    AmqpClient client(broker.port());
    const Audit result = audit(collect(client, "out", messages()), messages());
    note("two restarts of the broker, RabbitMQ -> RabbitMQ", result, messages());
    CHECK_MESSAGE(result.missing == 0, bridge.log());
    CHECK(bridge.logs("shutting down"));
    CHECK(bridge.host().stop() == 0);
    CHECK(client.count("in") == 0);
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
    }
    client.publish("", "return.in", numbered(1, 100));
    Bridge bridge(url_of(shared_broker()), R"("queue": "return.in")",
                  R"("routing_key": "return.nowhere", "mandatory": false)", dead);
    CHECK(eventually([&] { return client.count("return.in") == 0; }));
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
    REQUIRE_MESSAGE(eventually([&] { return client.count("dlx.in") >= 0; }), bridge.log());
    client.publish("dlx.readings", "plant.7.temp", numbered(1, 50));
    const auto arrived = collect(client, "dlx.dead", 50);
    CHECK_MESSAGE(audit(arrived, 50).missing == 0, bridge.log());
    CHECK(audit(arrived, 50).twice == 0);
    CHECK(bridge.host().stop() == 0);
    CHECK(client.count("dlx.in") == 0);
}

TEST_CASE("an exchange that is not there holds its route, in words and without a tight loop, until it is made") {
    AmqpClient client(shared_broker().port());
    client.declare("late.in");
    client.declare("late.out");
    client.publish("", "late.in", numbered(1, 500));
    Bridge bridge(url_of(shared_broker()), R"("queue": "late.in")",
                  R"("exchange": "late.exchange", "routing_key": "k")");
    CHECK(bridge.logs("no exchange 'late.exchange'"));
    const auto channels_closed = [] {
        const std::string log = shared_broker().log();
        int count = 0;
        for (auto at = log.find("late.exchange"); at != std::string::npos; at = log.find("late.exchange", at + 1))
            ++count;
        return count;
    };
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
    CHECK(eventually([&] {
        const std::string dead = read_file(folder / "dead");
        int count = 0;
        for (auto at = dead.find("PRECONDITION_FAILED"); at != std::string::npos;
             at = dead.find("PRECONDITION_FAILED", at + 1))
            ++count;
        return count == 4;
    }));
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
    const Audit result = audit(collect(client, "out", messages()), messages());
    note("an alarm, RabbitMQ -> RabbitMQ", result, messages());
    CHECK_MESSAGE(result.missing == 0, bridge.log());
    CHECK(bridge.host().stop() == 0);
    CHECK(client.count("in") == 0);
}

TEST_CASE("the host stops in time while the broker blocks") {
    RabbitMq broker;
    AmqpClient client(broker.port());
    client.declare("in");
    client.declare("out");
    client.publish("", "in", {std::string(8 << 20, '1'), std::string(8 << 20, '2'), std::string(8 << 20, '3')});
    broker.ctl({"set_vm_memory_high_watermark", "0.00001"});
    Bridge bridge(url_of(broker), R"("queue": "in")", R"("routing_key": "out")", R"(, "drain_timeout": "1s")");
    CHECK_MESSAGE(bridge.logs("connection.blocked"), bridge.log());
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
