// Bare loops side by side: so many connections to one broker, each with a thread of its own, that publish together or
// read together. Prints the rate of all: of what is published from when all are connected, or from the start, of what
// is read from the first message on.
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <iostream>
#include <thread>
#include <vector>

#include "bench/ceilings/bare_mqtt_qos1.hpp"
#include "bench/ceilings/bare_rabbitmq.hpp"
#include "bench/ceilings/bare_sink.hpp"
#include "bench/ceilings/bare_source.hpp"
#include "tools/shape_arguments.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;
using Clock = std::chrono::steady_clock;
using test::MqttPacket;

constexpr std::string_view kUsage =
    "usage: bare_many --broker kafka|mqtt|rabbitmq --do publish|read|subscribe --connections K --count N --name "
    "NAME\n"
    "                 [--port P] [--brokers LIST] [--group G] [--window W] [--from connected|start]\n"
    "                 [--set name=value]... [--lanes L] [--size BYTES]\n"
    "N messages, which the connections share; of Kafka each that reads is a group of its own, G-0, G-1 ..., and "
    "gets\n"
    "all. MQTT needs its sessions before there is a backlog: subscribe. What is published counts from when all are\n"
    "connected, or from the start.";

/** What all connections of a run share. */
struct Work {
    const test::Arguments& arguments;
    std::string kind, name;
    std::uint64_t connections, count, window;
    std::barrier<> connected;
    Clock::time_point started = Clock::now();
    std::atomic<std::uint64_t> done{0};

    explicit Work(const test::Arguments& a)
        : arguments(a),
          kind(a.text("broker")),
          name(a.text("name")),
          connections(a.number("connections", 1)),
          count(a.number("count", 100'000)),
          window(a.number("window", kind == "kafka"  ? 100'000
                                    : kind == "mqtt" ? 10'000
                                                     : 4096)),
          connected(static_cast<std::ptrdiff_t>(connections)) {}

    Clock::time_point begin() const {
        return arguments.text("from", "connected") == "start" ? started : Clock::now();
    }
    std::uint64_t port() const { return arguments.number("port", 0); }
    std::uint64_t of(std::uint64_t index) const {
        return count / connections + (index < count % connections ? 1 : 0);
    }
    bool goes_on(std::uint64_t total) const { return done < total && test::stop_requested == 0; }
};

/** When the first of a connection's messages was there, and when the last was. */
struct Span {
    Clock::time_point first = Clock::time_point::max(), last = Clock::time_point::min();
    std::uint64_t at_first = 0;  // beyond what the router has at once: no time has gone by for them
    void saw(std::uint64_t taken) {
        last = Clock::now();
        if (first != Clock::time_point::max()) return;
        first = last;
        at_first = bare::beyond_a_batch(taken);
    }
};

Span publish_to_kafka(Work& work, std::uint64_t index) {
    const test::Content content(test::shape_from(work.arguments));
    bare::Sink sink(work.arguments, work.name, "5");
    std::string payload;
    std::uint64_t sent = 0, landed = 0;
    work.connected.arrive_and_wait();
    Span span{.first = work.begin()};
    while (landed < work.of(index) && test::stop_requested == 0) {
        for (std::size_t run = 0; run < 1000 && sent < work.of(index) && sent - landed < work.window; ++run) {
            content.payload(++sent, payload);
            sink.produce(content.key(sent), payload, sent);
        }
        pollfd wanted{sink.fd(), POLLIN, 0};
        if (sent == work.of(index) || sent - landed >= work.window) ::poll(&wanted, 1, 100);
        sink.take_reports([&](std::uint64_t) { ++landed; });
    }
    span.last = Clock::now();
    work.done += landed;
    return span;
}

Span publish_to_mqtt(Work& work, std::uint64_t index) {
    const test::Content content(test::shape_from(work.arguments));
    auto options = bare::publisher_options(work.arguments);
    options.client_id += '-' + std::to_string(index);
    test::MqttWire wire(options);
    work.connected.arrive_and_wait();
    Span span{.first = work.begin()};
    work.done += bare::publish_all(wire, content, {work.name, work.of(index), work.window, work.connections});
    span.last = Clock::now();
    return span;
}

Span publish_to_rabbitmq(Work& work, std::uint64_t index) {
    const test::Content content(test::shape_from(work.arguments));
    bare::Publisher publisher(work.port(), work.name);
    bare::InOrder<std::uint64_t> in_flight(work.window + 64);
    std::string payload;
    std::uint64_t sent = 0, landed = 0;
    work.connected.arrive_and_wait();
    Span span{.first = work.begin()};
    while (landed < work.of(index) && test::stop_requested == 0) {
        for (std::size_t run = 0; run < 64 && sent < work.of(index) && sent - landed < work.window; ++run) {
            content.payload(++sent, payload);
            publisher.publish(payload);
            in_flight.add(sent);
        }
        publisher.take_confirms(sent == work.of(index) || sent - landed >= work.window,
                                [&](std::uint64_t tag, bool multiple) { in_flight.confirmed(tag, multiple); });
        in_flight.release([&](std::uint64_t) { ++landed; });
    }
    span.last = Clock::now();
    work.done += landed;
    return span;
}

Span read_from_kafka(Work& work, std::uint64_t index) {
    const std::vector<std::string> words = {"bare_many",
                                            "--topic",
                                            work.name,
                                            "--group",
                                            work.arguments.text("group", work.name) + '-' + std::to_string(index),
                                            "--brokers",
                                            work.arguments.text("brokers")};
    std::vector<char*> given;
    for (const std::string& word : words) given.push_back(const_cast<char*>(word.c_str()));
    bare::Source source(test::Arguments(static_cast<int>(given.size()), given.data(), kUsage));
    Span span;
    std::uint64_t taken = 0;
    while (taken < work.count && test::stop_requested == 0) {
        pollfd wanted{source.fd(), POLLIN, 0};
        ::poll(&wanted, 1, source.has_more() ? 0 : 20);
        source.drain_fd();
        const std::uint64_t before = taken;
        source.take(1000, [&](const rd_kafka_message_t& message) {
            source.landed({message.partition, message.offset});
            ++taken;
        });
        if (taken > before) span.saw(taken);
        source.commit_when_due();
    }
    work.done += taken;
    source.close();
    return span;
}

/** The sessions of a group of readers, or of one alone. `stays`: until all messages have been read. */
Span read_from_mqtt(Work& work, std::uint64_t index, bool stays) {
    auto options = bare::reader_options(work.arguments);
    options.client_id = work.name + "-source-" + std::to_string(index);
    test::MqttWire wire(options);
    bool is_subscribed = wire.session_present();
    if (!is_subscribed) wire.subscribe({(work.connections > 1 ? "$share/all/" : "") + work.name + "/#"}, 1);
    Span span;
    while (!is_subscribed || (stays && work.goes_on(work.count))) {
        std::uint64_t taken = 0;
        wire.pump(100, [&](const MqttPacket& packet) {
            is_subscribed |= packet.type == MqttPacket::suback;
            if (packet.type != MqttPacket::publish) return;
            ++taken;
            wire.puback(packet.packet_id);
        });
        if (taken > 0) span.saw(taken);
        work.done += taken;
        wire.send();
        wire.gather();
    }
    while (wire.unsent() > 0 && test::stop_requested == 0) wire.pump(100, [](const MqttPacket&) {});
    wire.disconnect();
    wire.send();
    return span;
}

Span read_from_rabbitmq(Work& work) {
    bare::Consumer consumer(work.port(), work.name, 4096);
    Span span;
    while (work.goes_on(work.count)) {
        std::uint64_t last = 0, taken = 0;
        consumer.take(true, [&](std::uint64_t tag, std::string_view, std::string_view) {
            last = tag;
            ++taken;
        });
        if (taken > 0) span.saw(taken);
        work.done += taken;
        consumer.acknowledge(last);
    }
    return span;
}

Span run(Work& work, std::uint64_t index) {
    const std::string what = work.arguments.text("do");
    if (what == "subscribe") return read_from_mqtt(work, index, false);
    const bool reads = what == "read";
    if (work.kind == "kafka") return reads ? read_from_kafka(work, index) : publish_to_kafka(work, index);
    if (work.kind == "mqtt") return reads ? read_from_mqtt(work, index, true) : publish_to_mqtt(work, index);
    return reads ? read_from_rabbitmq(work) : publish_to_rabbitmq(work, index);
}

}  // namespace

int main(int argc, char** argv) {
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    Work work(arguments);
    std::vector<Span> spans(work.connections);
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < work.connections; ++i) threads.emplace_back([&, i] { spans[i] = run(work, i); });
    for (std::thread& thread : threads) thread.join();
    const Span& early =
        *std::min_element(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.first < b.first; });
    const Span& late =
        *std::max_element(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.last < b.last; });
    const std::chrono::duration<double> took = late.last - early.first;
    std::cout << "\nrate " << static_cast<double>(work.done - early.at_first) / took.count() << std::endl;
    const bool is_group = work.kind == "kafka" && arguments.text("do") == "read";
    const bool has_all = work.done >= work.count * (is_group ? work.connections : 1);
    return has_all || arguments.text("do") == "subscribe" ? 0 : 1;
}
