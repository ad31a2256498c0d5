// The plugin's source and sink against a real broker, outcome by outcome.
#include <doctest/doctest.h>

#include <ctime>
#include <set>

#include "support/rabbitmq.hpp"
#include "support/rabbitmq_client.hpp"
#include "test_rig.hpp"

using namespace leat::rabbitmq::test;
using leat::rabbitmq::SinkOptions;
using leat::test::AmqpClient;
using leat::test::RabbitMq;
using leat::test::ScriptedHost;
using namespace std::chrono_literals;

namespace {

RabbitMq& broker() {
    static RabbitMq one;
    return one;
}

/** A client with an empty durable queue of this name. */
struct Queue : AmqpClient {
    explicit Queue(const std::string& name, const AmqpClient::Queue& options = {}) : AmqpClient(broker().port()) {
        declare(name, options);
    }
};

std::vector<std::string> numbered(int count) {
    std::vector<std::string> all;
    for (int i = 1; i <= count; ++i) all.push_back(std::to_string(i));
    return all;
}

std::vector<std::string> payloads(const std::vector<AmqpClient::Message>& messages) {
    std::vector<std::string> all;
    all.reserve(messages.size());
    for (const auto& message : messages) all.push_back(message.payload);
    return all;
}

}  // namespace

TEST_CASE("what is acknowledged in any order is gone, what is abandoned comes again, redelivered") {
    Queue queue("any.order");
    queue.publish("", "any.order", numbered(100));
    ScriptedHost host;
    SourceRig source(host, broker().port(), "any.order");
    REQUIRE(source.wait(100));
    CHECK(source.inlet.payloads() == numbered(100));
    CHECK(source.inlet.arrivals[0].flags == 0);
    CHECK(source.inlet.arrivals[0].topic == "any.order");
    for (std::size_t i = 60; i-- > 0;) source.inlet.settle(i, LEAT_ACK);
    for (std::size_t i = 70; i < 100; ++i) source.inlet.settle(i, LEAT_ACK);  // behind the ten that stay open
    REQUIRE(source.stop());
    CHECK(source.flow().landed == 90);
    CHECK(source.flow().returned == 10);
    // Acknowledgements are cumulative: what landed behind an open one is delivered again.
    const auto again = queue.take("any.order", 40, 30s);
    REQUIRE(again.size() == 40);
    CHECK(queue.count("any.order") == 0);
    CHECK(again[0].payload == "61");
    CHECK(again[0].is_redelivered);
}

TEST_CASE("a retry goes back to the broker, which delivers it again; a reject does not come back") {
    Queue dead("outcomes.dead");
    Queue queue("outcomes",
                {.arguments = {{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", "outcomes.dead"}}});
    queue.publish("", "outcomes", numbered(5));
    ScriptedHost host;
    SourceRig source(host, broker().port(), "outcomes");
    REQUIRE(source.wait(5));
    source.inlet.settle(0, LEAT_ACK);
    source.inlet.settle(1, LEAT_RETRY);
    source.inlet.settle(2, LEAT_REJECT);
    source.inlet.settle(3, LEAT_ACK);
    source.inlet.settle(4, LEAT_REJECT);
    host.run_for(10ms);
    host.advance(1s);  // the backoff
    REQUIRE(source.wait(6));
    CHECK(source.inlet.arrivals[5].payload == "2");
    CHECK((source.inlet.arrivals[5].flags & LEAT_MESSAGE_REDELIVERED) != 0);
    source.inlet.settle(5, LEAT_ACK);
    CHECK(payloads(dead.take("outcomes.dead", 2, 30s)) == std::vector<std::string>{"3", "5"});
    CHECK(source.flow().returned == 3);
    CHECK(source.flow().landed == 3);
    REQUIRE(source.stop());
    CHECK(queue.count("outcomes") == 0);
}

TEST_CASE("a quorum queue says how often it has delivered a message before") {
    Queue queue("counted", {.is_quorum = true});
    queue.publish("", "counted", numbered(1));
    ScriptedHost host;
    SourceRig source(host, broker().port(), "counted");
    for (std::size_t before = 0; before < 3; ++before) {
        REQUIRE(source.wait(before + 1));
        const auto& arrival = source.inlet.arrivals[before];
        const auto count = arrival.headers.find("x-delivery-count");
        CHECK((count == arrival.headers.end() ? "0" : count->second) == std::to_string(before));
        CHECK(((arrival.flags & LEAT_MESSAGE_REDELIVERED) != 0) == (before > 0));
        source.inlet.settle(before, before < 2 ? LEAT_RETRY : LEAT_ACK);
        host.run_for(10ms);
        host.advance(10s);  // the backoff
    }
    REQUIRE(source.stop());
    CHECK(queue.count("counted") == 0);
}

TEST_CASE("a lost connection makes outcomes stale and delivers what was open again; the source reads on") {
    Queue queue("lost");
    queue.publish("", "lost", numbered(20));
    ScriptedHost host;
    SourceRig source(host, broker().port(), "lost");
    REQUIRE(source.wait(20));
    for (std::size_t i = 0; i < 5; ++i) source.inlet.settle(i, LEAT_ACK);
    REQUIRE(host.run_until([&] { return source.flow().span == 15; }));
    host.run_for(50ms);
    broker().ctl({"close_all_connections", "test"});
    REQUIRE(source.wait(35));
    std::set<std::string> again;
    for (std::size_t i = 20; i < 35; ++i) again.insert(source.inlet.arrivals[i].payload);
    CHECK(again.size() == 15);
    CHECK(again.contains("6"));
    source.inlet.settle(7, LEAT_ACK);  // of the connection that is gone
    CHECK(source.flow().stale == 1);
    CHECK(source.flow().returned == 15);
    for (std::size_t i = 20; i < 35; ++i) source.inlet.settle(i, LEAT_ACK);
    for (std::size_t i = 5; i < 20; ++i) {
        if (i != 7) source.inlet.settle(i, LEAT_REJECT);  // not applied to another's tag
    }
    Queue other("lost");  // the one before was closed, too
    REQUIRE(source.stop());
    CHECK(other.count("lost") == 0);
}

TEST_CASE("a source out of credit stops: in messages by prefetch, in bytes by not reading") {
    Queue queue("credit");
    queue.publish("", "credit", std::vector<std::string>(300, std::string(100'000, 'x')));
    ScriptedHost host;
    {
        SourceRig source(host, broker().port(), "credit", 50, 64 << 20);
        REQUIRE(source.wait(50));
        host.run_for(200ms);
        CHECK(source.inlet.arrivals.size() == 50);
        CHECK(queue.count("credit") == 250);
        REQUIRE(source.stop());
    }
    SourceRig source(host, broker().port(), "credit", 1000, 1 << 20);
    REQUIRE(source.wait(8));
    host.run_for(300ms);
    CHECK(source.inlet.arrivals.size() <= 12);
    source.inlet.at_once = [](const auto&) { return static_cast<int>(LEAT_ACK); };
    source.inlet.settle_all(LEAT_ACK);
    REQUIRE(source.wait(300));
    REQUIRE(source.stop());
    CHECK(queue.count("credit") == 0);
}

TEST_CASE("a source that does not read, because it holds all the bytes that it may, still sees its connection go") {
    RabbitMq own;
    {
        AmqpClient client(own.port());
        client.declare("held");
        client.publish("", "held", std::vector<std::string>(100, std::string(100'000, 'x')));
    }
    ScriptedHost host;
    SourceRig source(host, own.port(), "held", 1000, 1 << 20);
    REQUIRE(source.wait(8));
    host.run_for(300ms);  // until it has filled its blocks and reads no more
    CHECK(source.inlet.arrivals.size() <= 12);
    const std::clock_t before = std::clock();
    own.process().kill();
    REQUIRE(host.run_until([&] { return host.last_state("source") == LEAT_STATE_DOWN; }));
    host.run_for(1s);
    CHECK(std::clock() - before < CLOCKS_PER_SEC / 2);  // and waits for the next attempt, not in a loop
    CHECK(source.flow().returned == source.inlet.arrivals.size());
    CHECK(source.stop());
}

TEST_CASE("a source that was stopped reads on after a new start") {
    Queue queue("again");
    queue.publish("", "again", numbered(10));
    ScriptedHost host;
    SourceRig source(host, broker().port(), "again");
    REQUIRE(source.wait(10));
    source.inlet.settle(0, LEAT_ACK);
    REQUIRE(source.stop());
    CHECK(queue.count("again") == 9);
    source.start();
    REQUIRE(source.wait(19));
    CHECK(source.inlet.arrivals[10].payload == "2");
    source.inlet.settle_all(LEAT_ACK);
    CHECK(source.flow().landed == 10);
    CHECK(source.flow().returned == 9);
    CHECK(host.run_until([&] { return source.flow().span == 0; }));
    REQUIRE(source.stop());
    CHECK(queue.count("again") == 0);
}

TEST_CASE("published messages land in order; what has no queue is rejected, the others are not") {
    Queue queue("published");
    ScriptedHost host;
    SinkRig sink(host, broker().port());
    sink.push("published", numbered(300));
    sink.push("nobody", {"lost"});
    sink.push("published", {"301"});
    REQUIRE(sink.wait(302));
    CHECK(sink.outcomes.count(LEAT_ACK) == 301);
    for (const auto& one : sink.outcomes.all) {
        if (one.outcome == LEAT_ACK) continue;
        CHECK(one.token == 300);
        CHECK(one.outcome == LEAT_REJECT);
        CHECK(one.why.find("NO_ROUTE") != std::string::npos);
        CHECK(one.why.find("routing key 'nobody'") != std::string::npos);
    }
    CHECK(payloads(queue.take("published", 301, 30s)) == numbered(301));
    CHECK(sink.stop());
}

TEST_CASE("a full queue that refuses messages is a retry, not a landing") {
    AmqpClient client(broker().port());
    SinkOptions options;
    options.declare.emplace();
    options.declare->queue = "full";
    options.declare->max_length = 3;
    options.declare->overflow = leat::rabbitmq::Overflow::reject_publish;
    ScriptedHost host;
    SinkRig sink(host, broker().port(), std::move(options));
    sink.push("full", numbered(20));
    REQUIRE(sink.wait(20));
    CHECK(sink.outcomes.count(LEAT_ACK) + sink.outcomes.count(LEAT_RETRY) == 20);
    CHECK(sink.outcomes.count(LEAT_RETRY) >= 10);
    CHECK(static_cast<int>(sink.outcomes.count(LEAT_ACK)) == client.count("full"));
    CHECK(sink.stop());
}

TEST_CASE("what is unconfirmed when the broker goes is sent again in order when it is back") {
    RabbitMq own;
    {
        AmqpClient client(own.port());
        client.declare("resent");
    }
    ScriptedHost host;
    SinkRig sink(host, own.port());
    constexpr int kCount = 5000;
    for (int i = 1; i <= kCount; ++i) {
        sink.push("resent", {std::to_string(i)});
        if (i % 50 == 0) host.run_for(1ms);
        if (i == kCount / 2) own.stop();  // a kill would also lose a queue that was declared just now
    }
    own.start();
    REQUIRE(host.run_until([&] { return sink.outcomes.all.size() == kCount; }, 60s));
    CHECK(sink.outcomes.count(LEAT_ACK) == kCount);
    AmqpClient client(own.port());
    int newest = 0;
    std::set<std::string> seen;
    for (int left = kCount; left > 0; left = kCount - static_cast<int>(seen.size())) {
        const auto some = client.take("resent", static_cast<std::size_t>(left), 30s);
        if (some.empty()) break;
        for (const auto& message : some) {
            if (!seen.insert(message.payload).second) continue;
            CHECK(std::stoi(message.payload) == newest + 1);
            newest = std::stoi(message.payload);
        }
    }
    CHECK(seen.size() == kCount);
    CHECK(sink.stop());
}

TEST_CASE("a sink that stops while the broker is away gives all up, and the part ends at once") {
    ScriptedHost host;
    SinkRig sink(host, 1);  // nobody listens there
    sink.push("q", numbered(10));
    host.run_for(50ms);
    CHECK(sink.outcomes.all.empty());
    CHECK(host.last_state("part") == LEAT_STATE_DOWN);
    CHECK(host.last_reason("part").find("Connection refused") != std::string::npos);
    CHECK(sink.stop());
    CHECK(sink.outcomes.count(LEAT_ABANDON) == 10);
}

TEST_CASE(
    "what collects is told to let go where the window or the prefetch ends, and both are filled again at once") {
    for (const std::int64_t prefetch : {0, 30}) {
        Queue queue("rounds");
        queue.publish("", "rounds", numbered(600));
        ScriptedHost host;
        SourceRig source(host, broker().port(), "rounds", prefetch == 0 ? 50 : 1000, 8 << 20, prefetch);
        std::uint64_t flushes = 0;
        REQUIRE(host.run_until([&] {
            if (source.inlet.flushes == flushes) return source.inlet.arrivals.size() == 600;
            flushes = source.inlet.flushes;
            source.inlet.settle_all(LEAT_ACK);
            return false;
        }));
        CHECK(source.inlet.payloads() == numbered(600));
        CHECK(flushes >= 12);
        REQUIRE(source.stop());
        CHECK(queue.count("rounds") == 0);
    }
}
