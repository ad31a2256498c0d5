#include <leat/sdk/export.hpp>

#include <doctest/doctest.h>

#include "support/stepped_host.hpp"

using namespace leat::test;

namespace {

struct Above : leat::Handler {
    static constexpr uint32_t kFlags = LEAT_STAGE_UNORDERED;
    double limit = 80;
    static auto options() { return leat::options(leat::option<&Above::limit>("limit", "Degrees.")); }
    void open() override {
        if (limit < 0) throw std::invalid_argument("limit is below zero");
    }
    void handle(leat::Message&) override {}
};

struct Source : leat::Source {
    void resume() override {}
    void advanced(leat::InFlight&) override {}
};
struct Sink : leat::Sink {
    leat::Part* part = nullptr;
    void push(leat::Batch& batch) override {
        leat::Settlements done;
        while (leat_message* m = batch.next()) done.end(*m, LEAT_ACK);
    }
};
struct SourceOptions {
    std::string queue;
    static auto options() { return leat::options(leat::option<&SourceOptions::queue>("queue", "Queue.")); }
};
struct SinkOptions {};

struct Both : leat::Backend {
    using SourceOptions = ::SourceOptions;
    using SinkOptions = ::SinkOptions;
    static constexpr char kSeparator = '/';
    static inline int alive = 0;
    Both() { ++alive; }
    ~Both() override { --alive; }
    std::unique_ptr<leat::Source> source(const leat::Setup&, const SourceOptions& options) {
        if (options.queue.empty()) throw std::runtime_error("no queue");
        return std::make_unique<Source>();
    }
    std::unique_ptr<leat::Sink> sink(const leat::Setup&, leat::Part* part, const SinkOptions&) {
        auto made = std::make_unique<Sink>();
        made->part = part;
        return made;
    }
    std::unique_ptr<leat::Part> part(const leat::Setup&) { return std::make_unique<leat::Part>(); }
};
struct SinkOnly : leat::Backend {
    using SinkOptions = ::SinkOptions;
    std::unique_ptr<leat::Sink> sink(const leat::Setup&, leat::Part*, const SinkOptions&) {
        return std::make_unique<Sink>();
    }
};

LEAT_PLUGIN(leat::describe_stage<Above>("above", "1.0", "s"), leat::describe_backend<Both>("both", "2.0", "b"))

}  // namespace

TEST_CASE("the entry describes what the library holds") {
    CHECK(leat_plugin_entry.abi_major == LEAT_ABI_MAJOR);
    CHECK(leat_plugin_entry.size == sizeof(leat_plugin));
    REQUIRE(leat_plugin_entry.count == 2);
    const leat_descriptor& above = *leat_plugin_entry.descriptors[0];
    CHECK(above.kind == LEAT_KIND_STAGE);
    CHECK(std::string(above.name) == "above");
    CHECK(above.flags == LEAT_STAGE_UNORDERED);
    CHECK(std::string(above.options[0]->default_json) == "80");
    CHECK((above.create_backend == nullptr));
    const leat_descriptor& both = *leat_plugin_entry.descriptors[1];
    CHECK(both.kind == LEAT_KIND_BACKEND);
    CHECK(both.topic_separator == '/');
    CHECK(std::string(both.source_options[0]->name) == "queue");
    CHECK(both.sink_options[0] == nullptr);
    CHECK((both.check == nullptr));
    CHECK((both.probe == nullptr));
    CHECK(leat::describe_backend<SinkOnly>("s", "1", "x")->source_options == nullptr);
}

TEST_CASE("a stage is made, or the reason is told why not") {
    SteppedHost host;
    Instance me(host);
    const leat_descriptor& d = *leat_plugin_entry.descriptors[0];
    leat_value limit{};
    limit.type = LEAT_NUMBER;
    limit.as.number = 10;
    leat_component* made = d.create_stage(host.table(), me, &me.identity, &limit, &host.error);
    REQUIRE(made);
    CHECK(made->inlet);
    CHECK((made->hold == nullptr));
    made->destroy(made);
    limit.as.number = -1;
    CHECK(d.create_stage(host.table(), me, &me.identity, &limit, &host.error) == nullptr);
    CHECK(host.error_text() == "limit is below zero");
}

TEST_CASE("a backend makes a part, sources and sinks, and is destroyed once") {
    SteppedHost host;
    Instance me(host);
    const leat_descriptor& d = *leat_plugin_entry.descriptors[1];
    leat_backend* backend = d.create_backend(host.table(), me, &me.identity, nullptr, &host.error);
    REQUIRE(backend);
    CHECK(Both::alive == 1);
    leat_component* part = backend->create_part(backend, me, &me.identity, &host.error);
    leat_component* sink = backend->create_sink(backend, part, me, &me.identity, nullptr, &host.error);
    REQUIRE(sink);
    leat_value queue{};
    CHECK(backend->create_source(backend, me, &me.identity, &queue, &host.error) == nullptr);
    CHECK(host.error_text() == "no queue");
    queue.type = LEAT_STRING;
    queue.text = leat::bytes("q");
    leat_component* source = backend->create_source(backend, me, &me.identity, &queue, &host.error);
    REQUIRE(source);
    CHECK(source->flow);
    CHECK((source->hold != nullptr));
    CHECK(source->inlet == nullptr);
    for (leat_component* c : {source, sink, part}) c->destroy(c);
    backend->destroy(backend);
    CHECK(Both::alive == 0);

    const leat_descriptor& only = *leat::describe_backend<SinkOnly>("s", "1", "x");
    leat_backend* other = only.create_backend(host.table(), me, &me.identity, nullptr, &host.error);
    CHECK((other->create_source == nullptr));
    CHECK((other->create_part == nullptr));
    other->destroy(other);
}
