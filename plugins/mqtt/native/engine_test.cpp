// The MQTT engine against a real Mosquitto: sources and sinks of the plugin, driven by a scripted host with outcomes
// by hand.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "probe.hpp"
#include "settings.hpp"
#include "sink.hpp"
#include "sink_connection.hpp"
#include "source.hpp"
#include "support/certificates.hpp"
#include "support/mosquitto.hpp"
#include "support/scripted_host.hpp"

using namespace leat::mqtt;
using namespace leat::test;
using namespace std::chrono_literals;
using leat::Component;
using leat::Nanoseconds;
using leat::Services;

namespace {

// Ends every pause of a full queue: the broker must not drop or hold back.
const char* const kUnlimited = "max_inflight_messages 0\nmax_queued_messages 0\n";

struct Limits {
    std::uint64_t messages = 1000;
    std::uint64_t bytes = 32U << 20U;
};

leat_identity identity_of(std::uint32_t role, Limits limits = {}) {
    leat_identity i{};
    i.role = role;
    i.replicas = 1;
    i.backend = "plant";
    i.route = "r";
    i.step = "to";
    i.max_in_flight = limits.messages;
    i.max_in_flight_bytes = limits.bytes;
    return i;
}

// A source and a sink of the plugin at one broker, in one thread.
struct Rig {
    explicit Rig(std::uint16_t port, Version version = Version::v5) {
        settings.host = "127.0.0.1";
        settings.port = port;
        settings.connect.version = version;
        settings.connect.keep_alive = 30;
        settings.connect_timeout = 5s;
        settings.delay_min = 20ms;
        settings.delay_max = 200ms;
        settings.max_packet_size = 16U << 20U;
        settings.connect.session_expiry = 3600;
        options.topics = {"t/#"};
    }
    ~Rig() {
        if (source != nullptr && !host.is_stopped("source")) stop_source();
        if (sink != nullptr) stop_sink();
    }

    void start_source(Limits limits = {}) {
        ConnectionSettings s = settings;
        s.connect.client_id = "rig.source";
        source = std::make_unique<MqttSource>(options, s, remembered);
        source->attach(host.setup("source", identity_of(LEAT_ROLE_SOURCE, limits)));
        source->open();
        source->c()->start(source->c(), &inlet);
    }
    bool source_is_up() {
        return host.run_until([&] { return host.last_state("source") == LEAT_STATE_UP; });
    }
    void stop_source() {
        source->c()->hold(source->c());
        inlet.settle_all(LEAT_ABANDON);
        source->c()->stop(source->c());
        REQUIRE(host.run_until([&] { return host.is_stopped("source"); }));
    }
    const leat_flow& flow() const { return *source->c()->flow; }

    void start_sink(const std::string& topic = "${topic}", NoSubscriberChoice no_subscriber = NoSubscriberChoice::ack,
                    int qos = 1) {
        ConnectionSettings s = settings;
        s.connect.client_id = "rig.sinks.0";
        connection = std::make_unique<SinkConnection>(s);
        connection->attach(host.setup("part", identity_of(LEAT_ROLE_PART)));
        connection->open();
        connection->c()->start(connection->c(), nullptr);
        SinkOptions o;
        o.topic = leat::Template(host.host(), host.make_template(topic));
        o.no_subscriber = no_subscriber;
        o.qos = qos;
        sink = std::make_unique<MqttSink>(std::move(o), *connection, settings.max_packet_size);
        sink->attach(host.setup("sink", identity_of(LEAT_ROLE_SINK)));
        sink->open();
        sink->c()->start(sink->c(), nullptr);
    }
    void stop_sink() {
        sink->c()->stop(sink->c());
        connection->c()->stop(connection->c());
        REQUIRE(host.run_until([&] { return host.is_stopped("part"); }));
        sink.reset();
        connection.reset();
    }

    // Publishes through the sink; outcomes are written down.
    void publish(const std::string& topic, const std::vector<std::string>& payloads) {
        std::vector<leat_message> batch;
        for (const std::string& p : payloads) {
            kept.push_back(p);
            leat_message m{};
            m.topic = leat::bytes(topics.emplace_back(topic));
            m.payload = leat::bytes(kept.back());
            m.headers = headers.data();
            m.header_count = static_cast<std::uint32_t>(headers.size());
            m.receipt = {&settler, outcomes.size()};
            outcomes.push_back(-1);
            ++pending;
            batch.push_back(m);
            if (batch.size() == LEAT_BATCH_MAX) push(batch);
        }
        push(batch);
    }
    void push(std::vector<leat_message>& batch) {
        if (!batch.empty()) sink->c()->inlet->push(sink->c()->inlet, batch.data(), batch.size());
        batch.clear();
    }
    bool all_landed() {
        return host.run_until([&] { return pending == 0; });
    }

    struct Settler : leat_settler {
        Rig* rig;
    };

    ScriptedHost host;
    ScriptedInlet inlet;
    ConnectionSettings settings;
    SourceOptions options;
    Remembered remembered;
    std::unique_ptr<MqttSource> source;
    std::unique_ptr<SinkConnection> connection;
    std::unique_ptr<MqttSink> sink;
    std::deque<std::string> kept;
    std::deque<std::string> topics;
    std::vector<leat_header> headers;  // of each message that publish() takes
    std::vector<int> outcomes;
    std::vector<std::string> reasons;
    std::size_t pending = 0;
    Settler settler{{[](leat_settler* self, const leat_settlement* batch, size_t n) {
                        Rig& rig = *static_cast<Settler*>(self)->rig;
                        for (size_t i = 0; i < n; ++i) {
                            REQUIRE(rig.outcomes.at(batch[i].token) == -1);
                            rig.outcomes[batch[i].token] = static_cast<int>(batch[i].outcome);
                            if (batch[i].detail != nullptr)
                                rig.reasons.emplace_back(leat::view(batch[i].detail->text));
                            --rig.pending;
                        }
                    }},
                    this};
};

std::vector<std::string> numbered(int from, int to) {
    std::vector<std::string> all;
    for (int i = from; i <= to; ++i) all.push_back(std::to_string(i));
    return all;
}

}  // namespace

TEST_CASE("messages go through the broker, both versions, in order, and each is acknowledged once") {
    Mosquitto broker({.extra = kUnlimited});
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        Rig rig(broker.port(), version);
        rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
        rig.start_source();
        REQUIRE(rig.source_is_up());
        rig.host.run_for(50ms);
        rig.start_sink();
        rig.publish("t/a", numbered(1, 5000));
        REQUIRE(rig.all_landed());
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 5000; }));
        CHECK(rig.inlet.payloads() == numbered(1, 5000));
        CHECK(rig.inlet.arrivals[0].topic == "t/a");
        CHECK(rig.flow().emitted == 5000);
        CHECK(rig.flow().landed == 5000);
        CHECK(rig.flow().span == 0);
    }
}

TEST_CASE("what was not settled comes again after the client is gone; what was settled does not") {
    Mosquitto broker({.extra = kUnlimited});
    {
        Rig rig(broker.port());
        rig.start_source();
        REQUIRE(rig.source_is_up());
        rig.host.run_for(50ms);
        rig.start_sink();
        rig.publish("t/a", numbered(1, 10));
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 10; }));
        for (std::size_t i = 0; i < 4; ++i) rig.inlet.settle(i, LEAT_ACK);
        rig.inlet.settle(6, LEAT_ACK);  // behind an open one: no PUBACK
        rig.host.run_for(100ms);
    }  // abandons the rest
    Rig again(broker.port());
    again.start_source();
    REQUIRE(again.host.run_until([&] { return again.inlet.count == 6; }));
    again.host.run_for(100ms);
    CHECK(again.inlet.payloads() == numbered(5, 10));
    CHECK((again.inlet.arrivals[0].flags & LEAT_MESSAGE_REDELIVERED) != 0);
    again.inlet.settle_all(LEAT_ACK);
}

TEST_CASE("after a lost connection twins are adopted: the messages in flight are not emitted twice") {
    Mosquitto broker({.persistence = true, .extra = kUnlimited});
    auto first = std::make_unique<Rig>(broker.port());
    Rig& rig = *first;
    rig.start_source();
    REQUIRE(rig.source_is_up());
    rig.host.run_for(50ms);
    rig.start_sink();
    rig.publish("t/a", numbered(1, 300));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 300; }));
    broker.restart();
    rig.host.run_for(50ms);
    rig.inlet.settle(0, LEAT_ACK);  // while nothing can be told
    REQUIRE(rig.host.run_until([&] { return rig.host.last_reason("source").find("resumed") != std::string::npos; }));
    rig.publish("t/a", numbered(301, 310));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 310; }));
    CHECK(rig.inlet.payloads() == numbered(1, 310));
    rig.inlet.settle_all(LEAT_ACK);
    rig.host.run_for(200ms);
    first.reset();
    Rig after(broker.port());
    after.start_source();
    REQUIRE(after.source_is_up());
    after.host.run_for(200ms);
    CHECK(after.inlet.count == 0);  // every PUBACK was for the right packet
}

TEST_CASE("out of credit the source stops reading, the connection outlives the keep-alive, nothing is lost") {
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        CAPTURE(static_cast<int>(version));
        Mosquitto broker({.extra = kUnlimited});
        Rig rig(broker.port(), version);
        rig.settings.connect.keep_alive = 2;
        rig.start_source({.messages = 100});
        REQUIRE(rig.source_is_up());
        rig.host.run_for(50ms);
        rig.start_sink();
        rig.publish("t/a", std::vector<std::string>(20'000, std::string(1000, 'x')));
        REQUIRE(rig.all_landed());
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 100; }));
        rig.host.run_for(7s);  // 3.5 keep-alives
        CHECK(rig.inlet.count == 100);
        CHECK(rig.flow().span == 100);
        CHECK(rig.flow().bytes < 2U << 20U);
        CHECK(rig.inlet.flushes >= 1);
        CHECK(broker.logged("New client connected", "rig.source") == 1);
        rig.inlet.only_counts = true;
        rig.inlet.settle_all(LEAT_ACK);
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 20'000; }));
        rig.host.run_for(2500ms);
        CHECK(broker.logged("New client connected", "rig.source") == 1);
        CHECK(rig.inlet.count == 20'000);
    }
}

TEST_CASE("a message settled retry comes again after a backoff, before later ones get credit") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.start_source({.messages = 1});
    REQUIRE(rig.source_is_up());
    rig.host.run_for(50ms);
    rig.start_sink();
    rig.publish("t/a", numbered(1, 5));
    int refusals = 0;
    rig.inlet.at_once = [&](const ScriptedInlet::Arrival& a) {
        return a.payload == "3" && refusals++ < 2 ? LEAT_RETRY : LEAT_ACK;
    };
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 7; }));
    CHECK(rig.inlet.payloads() == std::vector<std::string>{"1", "2", "3", "3", "3", "4", "5"});
    CHECK(rig.flow().landed == 5);
}

TEST_CASE("a reject at the source is told to the broker and does not come again") {
    Mosquitto broker({.extra = kUnlimited});
    auto first = std::make_unique<Rig>(broker.port());
    Rig& rig = *first;
    rig.start_source();
    REQUIRE(rig.source_is_up());
    rig.host.run_for(50ms);
    rig.start_sink();
    rig.publish("t/a", numbered(1, 3));
    rig.inlet.at_once = [](const ScriptedInlet::Arrival& a) { return a.payload == "2" ? LEAT_REJECT : LEAT_ACK; };
    REQUIRE(rig.host.run_until([&] { return rig.flow().settled == 3; }));
    CHECK(rig.flow().returned == 1);
    rig.host.run_for(100ms);
    first.reset();
    Rig after(broker.port());
    after.start_source();
    REQUIRE(after.source_is_up());
    after.host.run_for(200ms);
    CHECK(after.inlet.count == 0);
}

TEST_CASE("a source that was stopped with messages in flight starts again and gets them again") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.start_source();
    REQUIRE(rig.source_is_up());
    rig.host.run_for(50ms);
    rig.start_sink();
    rig.publish("t/a", numbered(1, 3));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 3; }));
    rig.inlet.settle(1, LEAT_ACK);
    rig.stop_source();  // abandons 1 and 3; 2 has landed, but stands behind 1
    CHECK(rig.flow().emitted == rig.flow().settled);
    CHECK(rig.flow().returned == 2);
    rig.source->c()->start(rig.source->c(), &rig.inlet);
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 5; }));
    rig.host.run_for(100ms);
    CHECK(rig.inlet.payloads() == std::vector<std::string>{"1", "2", "3", "1", "3"});
    rig.inlet.settle_all(LEAT_ACK);
    CHECK(rig.flow().emitted == rig.flow().settled);
    rig.source->c()->hold(rig.source->c());
    rig.source->c()->stop(rig.source->c());
}

TEST_CASE("a sink keeps what is unconfirmed while its broker is away, and sends it in order") {
    Mosquitto broker({.persistence = true, .extra = kUnlimited});
    Rig rig(broker.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.start_source();
    REQUIRE(rig.source_is_up());
    rig.host.run_for(50ms);
    rig.start_sink();
    broker.stop();
    rig.publish("t/a", numbered(1, 20'000));
    rig.host.run_for(100ms);
    CHECK(rig.pending == 20'000);
    broker.start();
    REQUIRE(rig.all_landed());
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 20'000; }));
    CHECK(rig.inlet.payloads() == numbered(1, 20'000));
}

TEST_CASE("without subscribers, no_subscriber decides") {
    Mosquitto broker({.extra = kUnlimited});
    const std::pair<NoSubscriberChoice, int> cases[] = {{NoSubscriberChoice::ack, LEAT_ACK},
                                                        {NoSubscriberChoice::retry, LEAT_RETRY},
                                                        {NoSubscriberChoice::reject, LEAT_REJECT}};
    for (const auto& [choice, expected] : cases) {
        Rig rig(broker.port());
        rig.start_sink("nobody/listens", choice);
        rig.publish("t/a", {"x"});
        REQUIRE(rig.all_landed());
        CHECK(rig.outcomes[0] == expected);
        if (expected != static_cast<int>(LEAT_ACK))
            CHECK(rig.reasons.at(0) == "the broker says: no matching subscribers (0x10)");
    }
}

TEST_CASE("a topic that a template made and MQTT forbids is rejected with the reason") {
    Mosquitto broker;
    Rig rig(broker.port());
    rig.start_sink("devices/${topic}");
    rig.publish("a/+", {"x"});
    REQUIRE(rig.all_landed());
    CHECK(rig.outcomes[0] == static_cast<int>(LEAT_REJECT));
    CHECK(rig.reasons.at(0) == "the topic has a wildcard in it");
}

TEST_CASE("QoS 0 messages have landed when written, and arrive") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.options.qos = 0;
    rig.start_source();
    REQUIRE(rig.source_is_up());
    rig.host.run_for(50ms);
    rig.start_sink("${topic}", NoSubscriberChoice::ack, 0);
    rig.publish("t/a", numbered(1, 500));
    REQUIRE(rig.all_landed());
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 500; }));
    CHECK(rig.inlet.payloads() == numbered(1, 500));
    CHECK(rig.flow().landed == 500);
}

TEST_CASE("headers travel as properties, and a message of a megabyte arrives whole") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.start_source();
    REQUIRE(rig.source_is_up());
    rig.host.run_for(50ms);
    rig.start_sink();
    const leat_header headers[] = {{leat::bytes("content-type"), leat::bytes("text/plain")},
                                   {leat::bytes("mqtt-response-topic"), leat::bytes("answers/here")},
                                   {leat::bytes("mqtt-correlation-data"), leat::bytes("c-17")},
                                   {leat::bytes("mqtt-message-expiry"), leat::bytes("600")},
                                   {leat::bytes("mqtt-payload-format"), leat::bytes("utf-8")},
                                   {leat::bytes("trace"), leat::bytes("abc")}};
    const std::string large(1U << 20U, 'm');
    leat_message m{};
    m.topic = leat::bytes("t/h");
    m.payload = leat::bytes(large);
    m.headers = headers;
    m.header_count = 6;
    m.receipt = {&rig.settler, 0};
    rig.outcomes.push_back(-1);
    rig.pending = 1;
    rig.sink->c()->inlet->push(rig.sink->c()->inlet, &m, 1);
    REQUIRE(rig.all_landed());
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 1; }));
    const ScriptedInlet::Arrival& a = rig.inlet.arrivals[0];
    CHECK(a.payload == large);
    CHECK(a.headers.size() == 6);
    CHECK(a.headers.at("content-type") == "text/plain");
    CHECK(a.headers.at("mqtt-response-topic") == "answers/here");
    CHECK(a.headers.at("mqtt-correlation-data") == "c-17");
    CHECK(a.headers.at("mqtt-message-expiry") == "600");
    CHECK(a.headers.at("mqtt-payload-format") == "utf-8");
    CHECK(a.headers.at("trace") == "abc");
}

TEST_CASE("receive buffers end with their messages, with headers too") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    std::uint64_t most = 0;
    rig.inlet.only_counts = true;
    rig.start_source({.messages = 1000, .bytes = 8U << 20U});
    REQUIRE(rig.source_is_up());
    rig.host.run_for(50ms);
    rig.start_sink();
    rig.headers = {{leat::bytes("trace"), leat::bytes("abc")}};
    rig.publish("t/a", std::vector<std::string>(64, std::string(1U << 20U, 'm')));
    REQUIRE(rig.host.run_until([&] {
        most = std::max(most, rig.flow().bytes);
        return rig.inlet.count == 64;
    }));
    CHECK(most < 8U << 20U);
}

TEST_CASE("out of credit by its receive buffers alone, a source lets go what stages collect") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.start_source({.messages = 1000, .bytes = 64 * 1024});
    REQUIRE(rig.source_is_up());
    rig.host.run_for(50ms);
    rig.start_sink();
    const std::string long_value(3000, 'v');  // not counted as content
    rig.headers = {{leat::bytes("trace"), leat::bytes(long_value)}};
    rig.publish("t/a", numbered(1, 200));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.flushes != 0; }));
    CHECK(rig.inlet.count < 200);
    rig.inlet.only_counts = true;
    rig.inlet.settle_all(LEAT_ACK);
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 200; }));
}

TEST_CASE("3.1.1: a reconnect to the same session does not bring the retained messages again") {
    Mosquitto broker({.persistence = true, .extra = kUnlimited});
    REQUIRE(run({"mosquitto_pub", "-p", std::to_string(broker.port()), "-q", "1", "-r", "-t", "t/kept", "-m",
                 "old"}) == 0);
    Rig rig(broker.port(), Version::v3_1_1);
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.start_source();
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 1; }));
    rig.host.run_for(100ms);
    broker.restart();
    REQUIRE(rig.host.run_until([&] { return rig.host.last_reason("source").find("resumed") != std::string::npos; }));
    rig.host.run_for(200ms);
    CHECK(rig.inlet.count == 1);
}

TEST_CASE("a filter that left the configuration is unsubscribed from the persistent session") {
    Mosquitto broker({.extra = kUnlimited});
    {
        Rig rig(broker.port());
        rig.options.topics = {"t/old", "t/kept"};
        rig.start_source();
        REQUIRE(rig.source_is_up());
        rig.host.run_for(100ms);
    }
    Rig rig(broker.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    (void)rig.remembered.set("rig.source", {"t/old", "t/kept"});
    rig.options.topics = {"t/kept"};
    rig.start_source();
    REQUIRE(rig.source_is_up());
    rig.host.run_for(100ms);
    rig.start_sink();
    rig.publish("t/old", {"stray"});
    rig.publish("t/kept", {"wanted"});
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 1; }));
    rig.host.run_for(100ms);
    CHECK(rig.inlet.payloads() == std::vector<std::string>{"wanted"});
    CHECK(rig.remembered.of("rig.source") == std::vector<std::string>{"t/kept"});
}

TEST_CASE("a wrong password is a state with its reason, and the right one connects without a restart") {
    Mosquitto broker({.users = {{"leat", "right"}}});
    Rig rig(broker.port());
    std::string password = "wrong";
    rig.settings.connect.user = "leat";
    rig.settings.credentials = [&password](Connect& c, TlsFiles&, std::string&) {
        c.password = password;
        return true;
    };
    rig.start_source();
    REQUIRE(rig.host.run_until([&] { return rig.host.last_state("source") == LEAT_STATE_DOWN; }));
    CHECK(rig.host.last_reason("source").find("not authorized") != std::string::npos);
    CHECK(rig.host.logged("not authorized") == 0);  // the route logs what it is told
    password = "right";
    REQUIRE(rig.source_is_up());
}

TEST_CASE("TLS: with a client certificate, and refused for an unknown authority") {
    const Certificates certificates;
    Mosquitto broker({.tls = &certificates, .client_certificates = true, .extra = kUnlimited});
    Rig rig(broker.tls_port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.settings.host = "localhost";
    rig.settings.uses_tls = true;
    SUBCASE("good") {
        rig.settings.tls = {certificates.ca(), certificates.client(), certificates.client_key(), "", true};
        rig.start_source();
        REQUIRE(rig.source_is_up());
        rig.host.run_for(50ms);
        rig.start_sink();
        rig.publish("t/a", numbered(1, 20'000));
        REQUIRE(rig.all_landed());
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 20'000; }));
        CHECK(rig.inlet.payloads() == numbered(1, 20'000));
    }
    SUBCASE("unknown authority") {
        rig.settings.tls = {"", certificates.client(), certificates.client_key(), "", true};
        rig.start_source();
        REQUIRE(rig.host.run_until([&] { return rig.host.last_state("source") == LEAT_STATE_DOWN; }));
        CHECK(rig.host.last_reason("source").find("certificate is refused") != std::string::npos);
    }
    SUBCASE("no client certificate") {
        rig.settings.tls = {certificates.ca(), "", "", "", true};
        rig.start_source();
        REQUIRE(rig.host.run_until([&] { return rig.host.last_state("source") == LEAT_STATE_DOWN; }));
    }
}

TEST_CASE("a broker that is away is a state with the next attempt; a name that does not exist is named") {
    Rig rig(1);  // nobody listens there
    rig.start_source();
    REQUIRE(rig.host.run_until([&] { return rig.host.last_state("source") == LEAT_STATE_DOWN; }));
    CHECK(rig.host.last_reason("source") == "127.0.0.1:1: Connection refused");
    rig.stop_source();
    rig.host.run_for(10ms);
    rig.settings.host = "no-such-host.invalid";
    rig.start_sink();
    REQUIRE(rig.host.run_until([&] { return rig.host.last_state("sink") == LEAT_STATE_DOWN; }));
    CHECK(rig.host.last_reason("sink").find("no-such-host.invalid:1: cannot resolve") == 0);
}

TEST_CASE("a broker that grants QoS 0 only is a state with what to do, and nothing is sent") {
    Mosquitto broker({.extra = "max_qos 0\n"});
    Rig rig(broker.port());
    rig.start_sink();
    rig.publish("t/a", {"x"});
    REQUIRE(rig.host.run_until([&] { return rig.host.last_state("sink") == LEAT_STATE_DOWN; }));
    CHECK(rig.host.last_reason("sink").find(": the broker takes QoS 0 only: set qos to 0") != std::string::npos);
    CHECK(rig.pending == 1);
}

TEST_CASE("retained messages carry their flag") {
    Mosquitto broker({.extra = kUnlimited});
    REQUIRE(run({"mosquitto_pub", "-p", std::to_string(broker.port()), "-q", "1", "-r", "-t", "t/kept", "-m",
                 "old"}) == 0);
    Rig rig(broker.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.start_source();
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 1; }));
    CHECK(rig.inlet.arrivals[0].payload == "old");
    CHECK((rig.inlet.arrivals[0].flags & LEAT_MESSAGE_RETAINED) != 0);
}

TEST_CASE("a source says that it has stopped only when every message has been settled") {
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    rig.start_source();
    REQUIRE(rig.source_is_up());
    rig.host.run_for(50ms);
    rig.start_sink();
    rig.publish("t/a", numbered(1, 2));
    REQUIRE(rig.host.run_until([&] { return rig.inlet.count == 2; }));
    rig.source->c()->hold(rig.source->c());
    rig.source->c()->stop(rig.source->c());
    rig.host.run_for(100ms);
    CHECK_FALSE(rig.host.is_stopped("source"));
    rig.inlet.settle_all(LEAT_ABANDON);
    REQUIRE(rig.host.run_until([&] { return rig.host.is_stopped("source"); }));
    CHECK(rig.flow().returned == 2);
}

TEST_CASE("probe says what is granted and what is not") {
    Folder folder;
    const std::string rights = folder.write("acl", "topic read t/#\n");
    Mosquitto broker({.extra = "acl_file " + rights + "\n"});
    ScriptedHost host;
    const std::string url = broker.url();
    struct Asked : leat_check {
        std::vector<std::string> findings;
    } asked{};
    asked.size = sizeof(leat_check);
    asked.report = [](const leat_check* self, std::uint32_t severity, const char* path, leat_bytes text) {
        const_cast<Asked*>(static_cast<const Asked*>(self))
            ->findings.push_back(std::to_string(severity) + " " + path + ": " + std::string(leat::view(text)));
    };
    std::vector<leat_value> options;
    for (auto o = leat::option_table<BrokerOptions>().list(); *o != nullptr; ++o) {
        leat_value& v = options.emplace_back();
        v = {};
        if (std::string((*o)->name) == "url") v = {LEAT_URL, 0, {}, leat::bytes(url)};
    }
    leat_value filters[2] = {{LEAT_STRING, 0, {}, leat::bytes("t/#")}, {LEAT_STRING, 0, {}, leat::bytes("a/#/b")}};
    std::vector<leat_value> from;
    for (auto o = leat::option_table<SourceOptions>().list(); *o != nullptr; ++o) {
        leat_value& v = from.emplace_back();
        v = {};
        if (std::string((*o)->name) != "topics") continue;
        v.type = LEAT_LIST;
        v.count = 2;
        v.as.items = filters;
    }
    const leat_identity identity = identity_of(LEAT_ROLE_SOURCE);
    const leat_use use{sizeof(leat_use), 0, &identity, from.data(), "/routes/r/from"};
    const leat_use* uses[] = {&use};
    const leat::Setup setup = host.setup("backend", identity_of(LEAT_ROLE_BACKEND));
    leat_configured configured{sizeof(leat_configured), 1,    "plant",          "/backends/plant",
                               options.data(),          uses, setup.services.me};
    const leat_configured* all[] = {&configured};
    asked.backend_count = 1;
    asked.backends = all;
    probe_brokers(*host.host(), asked);
    REQUIRE(asked.findings.size() == 3);
    CHECK(asked.findings[0].find("3 /backends/plant: connected to 127.0.0.1:") == 0);
    CHECK(asked.findings[1] == "3 /routes/r/from/topics/0: 't/#' is granted");
    CHECK(asked.findings[2].find("1 /routes/r/from/topics/1: 'a/#/b' is not granted: ") == 0);
    broker.stop();
    asked.findings.clear();
    probe_brokers(*host.host(), asked);
    REQUIRE(asked.findings.size() == 1);
    CHECK(asked.findings[0].find("Connection refused") != std::string::npos);
}
