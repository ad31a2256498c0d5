// For tests: a source and a sink of the plugin at one real broker, driven by a scripted host with outcomes by hand.
//
//   Mosquitto broker({.extra = kUnlimited});
//   Rig rig(broker.port());
//   rig.start_source(); rig.start_sink();
//   rig.publish("t/a", numbered(1, 10));
//   REQUIRE(rig.all_landed());
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "native/native_sinks.hpp"
#include "settings.hpp"
#include "sink.hpp"
#include "source.hpp"
#include "support/mosquitto.hpp"
#include "support/scripted_host.hpp"

namespace leat::mqtt::test {

using namespace leat::test;
using namespace std::chrono_literals;

// Ends every pause of a full queue: the broker must not drop or hold back.
inline const char* const kUnlimited = "max_inflight_messages 0\nmax_queued_messages 0\n";

struct Limits {
    std::uint64_t messages = 1000;
    std::uint64_t bytes = 32U << 20U;
};

inline leat_identity identity_of(std::uint32_t role, Limits limits = {}) {
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
    // A source whose filters the broker knows: what is published from now on comes to it.
    void subscribe(Limits limits = {}) {
        start_source(limits);
        REQUIRE(source_is_up());
        host.run_for(50ms);
    }
    void subscribe_and_publish(Limits limits = {}, int qos = 1) {
        subscribe(limits);
        start_sink("${topic}", NoSubscriberChoice::ack, qos);
    }
    bool sink_is_up() {
        return host.run_until([&] { return host.last_state("sink") == LEAT_STATE_UP; });
    }
    // Until this many messages have come to the inlet.
    bool all_arrive(std::uint64_t n) {
        return host.run_until([&] { return inlet.count >= n; }, 120s);
    }
    // Whether the last connection took up the session of the one before.  who: "source" or "sink"
    bool is_resumed(const char* who) const { return host.last_reason(who).find("resumed") != std::string::npos; }

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
        connection = std::make_unique<NativeSinks>(s);
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
    std::unique_ptr<NativeSinks> connection;
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

inline std::vector<std::string> numbered(int from, int to) {
    std::vector<std::string> all;
    for (int i = from; i <= to; ++i) all.push_back(std::to_string(i));
    return all;
}

}  // namespace leat::mqtt::test
