// What the tests of this folder share: a source and a publisher with a sink, driven by a scripted host.
//
//     SourceRig source(host, broker.port(), "in");
//     REQUIRE(source.wait(10));
//     source.inlet.settle(0, LEAT_RETRY);
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sink.hpp"
#include "source.hpp"
#include "support/scripted_host.hpp"

namespace leat::rabbitmq::test {

inline leat_identity make_identity(std::uint32_t role) {
    leat_identity identity{};
    identity.size = sizeof identity;
    identity.role = role;
    identity.flags = LEAT_IDENTITY_ORDERED;
    identity.replicas = 1;
    identity.backend = "rabbitmq";
    identity.route = "r";
    identity.step = role == LEAT_ROLE_SINK ? "to" : "";
    identity.max_in_flight = 1000;
    identity.max_in_flight_bytes = 8 << 20;
    return identity;
}

inline ReadSettings settings_for(std::uint16_t port) {
    return [port](Settings& settings, std::string&) {
        settings.host = "127.0.0.1";
        settings.port = port;
        settings.name = "test";
        settings.reconnect_delay = std::chrono::milliseconds(20);
        settings.reconnect_max_delay = std::chrono::milliseconds(200);
        return true;
    };
}

/// A source whose messages a scripted inlet takes.
class SourceRig {
  public:
    SourceRig(leat::test::ScriptedHost& host, std::uint16_t port, const std::string& queue,
              std::uint64_t max_in_flight = 1000, std::uint64_t max_bytes = 8 << 20, std::int64_t prefetch = 0)
        : host_(host) {
        SourceOptions options;
        options.queue = queue;
        options.prefetch = prefetch;
        source_ = std::make_unique<RabbitSource>(options, settings_for(port));
        leat_identity identity = make_identity(LEAT_ROLE_SOURCE);
        identity.max_in_flight = max_in_flight;
        identity.max_in_flight_bytes = max_bytes;
        source_->attach(host.setup("source", identity));
        source_->open();
        start();
    }
    ~SourceRig() { stop(); }

    void start() {
        is_stopped_ = false;
        source_->c()->start(source_->c(), &inlet);
    }
    bool wait(std::size_t arrivals) {
        return host_.run_until([&] { return inlet.arrivals.size() >= arrivals; });
    }
    /// As the host stops a route: what is unsettled below is abandoned.
    bool stop() {
        if (std::exchange(is_stopped_, true)) return true;
        source_->c()->hold(source_->c());
        source_->c()->stop(source_->c());
        inlet.settle_all(LEAT_ABANDON);
        return host_.run_until([&] { return host_.is_stopped("source"); });
    }
    const leat_flow& flow() const { return *source_->c()->flow; }

    leat::test::ScriptedInlet inlet;

  private:
    leat::test::ScriptedHost& host_;
    std::unique_ptr<RabbitSource> source_;
    bool is_stopped_ = false;
};

/// What became of pushed messages.
struct Outcomes : leat_settler {
    struct One {
        std::uint64_t token;
        std::uint32_t outcome;
        std::string why;
    };
    Outcomes() {
        settle = [](leat_settler* self, const leat_settlement* batch, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) {
                const leat_settlement& s = batch[i];
                static_cast<Outcomes*>(self)->all.push_back(
                    {s.token, s.outcome, s.detail ? std::string(view(s.detail->text)) : ""});
            }
        };
    }
    [[nodiscard]] std::size_t count(std::uint32_t outcome) const {
        std::size_t n = 0;
        for (const One& one : all) n += one.outcome == outcome ? 1 : 0;
        return n;
    }
    std::vector<One> all;
};

/// A publisher with one sink; the routing key is each message's topic.
class SinkRig {
  public:
    SinkRig(leat::test::ScriptedHost& host, std::uint16_t port, SinkOptions options = {}) : host_(host) {
        publisher_ = std::make_unique<Publisher>(settings_for(port));
        static_cast<leat::Component&>(*publisher_).attach(host.setup("part", make_identity(LEAT_ROLE_PART)));
        options.routing_key = {"${topic}", leat::Template(host.host(), host.make_template("${topic}"))};
        sink_ = std::make_unique<RabbitSink>(std::move(options), *publisher_);
        static_cast<leat::Component&>(*sink_).attach(host.setup("sink", make_identity(LEAT_ROLE_SINK)));
        publisher_->c()->start(publisher_->c(), nullptr);
        sink_->c()->start(sink_->c(), nullptr);
    }
    ~SinkRig() { stop(); }

    void push(const std::string& queue, const std::vector<std::string>& payloads) {
        for (const std::string& payload : payloads) {
            const std::string& topic = texts_.emplace_back(queue);
            leat_message m{};
            m.topic = bytes(topic);
            m.payload = bytes(texts_.emplace_back(payload));
            m.receipt = {&outcomes, next_token_++};
            sink_->c()->inlet->push(sink_->c()->inlet, &m, 1);
        }
    }
    bool wait(std::size_t settled) {
        return host_.run_until([&] { return outcomes.all.size() >= settled; });
    }
    bool stop() {
        if (std::exchange(is_stopped_, true)) return true;
        sink_->c()->stop(sink_->c());
        publisher_->c()->stop(publisher_->c());
        return host_.run_until([&] { return host_.is_stopped("part"); });
    }

    Outcomes outcomes;

  private:
    leat::test::ScriptedHost& host_;
    std::unique_ptr<Publisher> publisher_;
    std::unique_ptr<RabbitSink> sink_;
    std::deque<std::string> texts_;  // they stay where they are
    std::uint64_t next_token_ = 0;
    bool is_stopped_ = false;
};

}  // namespace leat::rabbitmq::test
