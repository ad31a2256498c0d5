// For tests: a source or sinks of the Paho engine at a real broker, the other side of the native engine. One Paho
// source, or Paho sinks: never both in a process.
#pragma once

#include <memory>

#include "native/engine_rig.hpp"
#include "paho/paho_sinks.hpp"
#include "paho/paho_source.hpp"

namespace leat::mqtt::test {

// A source of Paho and a sink of the native engine, or the other way round.
struct PahoRig : Rig {
    explicit PahoRig(const Mosquitto& b, Version version = Version::v5) : Rig(b.port(), version), broker(b) {
        static_cast<ConnectionSettings&>(paho) = settings;
    }
    ~PahoRig() {
        if (paho_source != nullptr && !host.is_stopped("source")) stop_paho_source();
        if (paho_sinks != nullptr) stop_paho_sink();
    }
    PahoRig(const PahoRig&) = delete;
    PahoRig& operator=(const PahoRig&) = delete;

    void start_paho_source(Limits limits = {}) {
        PahoSettings s = paho;
        s.connect.client_id = "rig.source";
        subscriptions = broker.logged("rig.source 1 ");
        paho_source = std::make_unique<PahoSource>(options, s, remembered);
        paho_source->attach(host.setup("source", identity_of(LEAT_ROLE_SOURCE, limits)));
        paho_source->open();
        paho_source->c()->start(paho_source->c(), &inlet);
    }
    bool subscribed() {
        return host.run_until([&] { return broker.logged("rig.source 1 ") > subscriptions; });
    }
    void stop_paho_source() {
        paho_source->c()->hold(paho_source->c());
        inlet.settle_all(LEAT_ABANDON);
        paho_source->c()->stop(paho_source->c());
        REQUIRE(host.run_until([&] { return host.is_stopped("source"); }));
    }
    const leat_flow& paho_flow() const { return *paho_source->c()->flow; }

    void start_paho_sink(int qos = 1) {
        PahoSettings s = paho;
        s.connect.client_id = "rig.sinks.0";
        paho_sinks = std::make_unique<PahoSinks>(s);
        paho_sinks->attach(host.setup("part", identity_of(LEAT_ROLE_PART)));
        paho_sinks->open();
        paho_sinks->c()->start(paho_sinks->c(), nullptr);
        SinkOptions o;
        o.topic = leat::Template(host.host(), host.make_template("${topic}"));
        o.qos = qos;
        sink = std::make_unique<MqttSink>(std::move(o), *paho_sinks, settings.max_packet_size);
        sink->attach(host.setup("sink", identity_of(LEAT_ROLE_SINK)));
        sink->open();
        sink->c()->start(sink->c(), nullptr);
    }
    void stop_paho_sink() {
        if (!host.is_stopped("sink")) sink->c()->stop(sink->c());
        paho_sinks->c()->stop(paho_sinks->c());
        REQUIRE(host.run_until([&] { return host.is_stopped("part"); }));
        sink.reset();
        paho_sinks.reset();
    }

    const Mosquitto& broker;
    PahoSettings paho;
    int subscriptions = 0;  // of the source, before it was started
    std::unique_ptr<PahoSource> paho_source;
    std::unique_ptr<PahoSinks> paho_sinks;
};

inline void acknowledge_all(Rig& rig) {
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
}

}  // namespace leat::mqtt::test
