// What the tests of memory share: sinks and sources of one backend on one host, and what they emitted.
//
//     Fixture f;                      // f.backend: set options, then f.backend.open()
//     auto sink = f.sink();
//     Reader reader(f, "route", 1024, "group");
//     f.push(*sink, 0, 10);           // payloads "0" to "9"
//     CHECK(reader.seen() == numbers(0, 10));
#pragma once
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend.hpp"
#include "sink.hpp"
#include "source.hpp"
#include "support/stepped_host.hpp"

namespace leat::memory {

using namespace leat::test;
using namespace std::chrono_literals;

/** A component with the metrics that it set. */
struct Metered : Instance {
    using Instance::Instance;
    std::map<std::string, uint64_t> counters;
};

/** Sinks and sources of one backend on one host. */
struct Fixture {
    SteppedHost host;
    leat_host table;  ///< the host's, with counters that are kept
    Backend backend;
    std::vector<std::unique_ptr<Metered>> instances;
    SteppedTemplate to{"t"}, ttl;  ///< ttl: the sink's option; empty: not given
    Told told;
    uint64_t sent = 0;

    explicit Fixture(uint64_t capacity = 65536, uint64_t bytes = 64 << 20) {
        fill();
        backend.capacity = capacity;
        backend.capacity_bytes = {bytes};
        backend.open();
    }

    void fill() {
        table = *host.table();
        table.counter = [](leat_instance* of, uint32_t, const char* name, const char*) {
            return reinterpret_cast<leat_counter*>(&static_cast<Metered&>(Instance::of(of)).counters[name]);
        };
        table.counter_add = [](leat_counter* c, uint64_t n) { *reinterpret_cast<uint64_t*>(c) += n; };
        table.counter_set = [](leat_counter* c, uint64_t n) { *reinterpret_cast<uint64_t*>(c) = n; };
    }
    Setup setup(Instance& me) const { return {{&table, me}, &me.identity}; }

    Metered& instance(const char* route, uint64_t in_flight) {
        auto& me = *instances.emplace_back(std::make_unique<Metered>(host));
        me.identity.route = route;
        me.identity.max_in_flight = in_flight;
        return me;
    }
    std::unique_ptr<leat::Sink> sink() {
        Instance& me = instance("w", 0);
        SinkOptions options;
        options.topic = leat::Template(&table, to);
        if (!ttl.text.empty()) options.ttl = leat::Template(&table, ttl, ttl.text);
        auto made = backend.sink(setup(me), nullptr, std::move(options));
        made->attach(setup(me));
        made->open();
        made->c()->start(made->c(), nullptr);
        return made;
    }
    void push(leat::Sink& sink, int first, int n, std::string_view key = "k") {
        std::vector<leat_message> batch;
        for (int i = first; i < first + n; ++i) {
            batch.push_back(make_message(host, *instances[0], "in", key, std::to_string(i), {&told, sent++}));
        }
        sink.c()->inlet->push(sink.c()->inlet, batch.data(), batch.size());
    }
};

/** A source with what it emitted. */
struct Reader {
    Fixture& f;
    Metered& me;
    Collector below;
    std::unique_ptr<leat::Source> source;

    Reader(Fixture& fixture, const char* route, uint64_t in_flight = 1024, std::string group = "",
           std::vector<std::string> topics = {"t"})
        : f(fixture), me(f.instance(route, in_flight)) {
        source = f.backend.source(f.setup(me), {std::move(topics), std::move(group)});
        source->attach(f.setup(me));
        source->open();
        start();
    }
    void start() {
        me.stopped = false;
        source->c()->start(source->c(), &below);
        f.host.run();
    }
    void stop() {
        source->c()->hold(source->c());
        below.settle_all(LEAT_ABANDON);
        source->c()->stop(source->c());
        f.host.run();
    }
    const leat_flow& flow() { return *source->c()->flow; }
    std::vector<std::string> seen() {
        f.host.run();
        return below.payloads;
    }
};

inline std::vector<std::string> numbers(int first, int n) {
    std::vector<std::string> all;
    for (int i = first; i < first + n; ++i) all.push_back(std::to_string(i));
    return all;
}

}  // namespace leat::memory
