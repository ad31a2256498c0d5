#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "backend.hpp"
#include "sink.hpp"
#include "source.hpp"
#include "support/stepped_host.hpp"

using namespace std::chrono_literals;
using namespace leat::memory;
using namespace leat::test;

namespace {

/** Sinks and sources of one backend on one host. */
struct Fixture {
    SteppedHost host;
    Backend backend;
    std::vector<std::unique_ptr<Instance>> instances;
    SteppedTemplate to{"t"};
    Told told;
    uint64_t sent = 0;

    explicit Fixture(uint64_t capacity = 65536, uint64_t bytes = 64 << 20) {
        backend.capacity = capacity;
        backend.capacity_bytes = {bytes};
        backend.open();
    }

    Instance& instance(const char* route, uint64_t in_flight) {
        auto& me = *instances.emplace_back(std::make_unique<Instance>(host));
        me.identity.route = route;
        me.identity.max_in_flight = in_flight;
        return me;
    }
    std::unique_ptr<leat::Sink> sink() {
        Instance& me = instance("w", 0);
        SinkOptions options;
        options.topic = leat::Template(host.table(), to);
        auto made = backend.sink(host.setup(me), nullptr, std::move(options));
        made->attach(host.setup(me));
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
    Instance& me;
    Collector below;
    std::unique_ptr<leat::Source> source;

    Reader(Fixture& fixture, const char* route, uint64_t in_flight = 1024, std::string group = "",
           std::vector<std::string> topics = {"t"})
        : f(fixture), me(f.instance(route, in_flight)) {
        source = f.backend.source(f.host.setup(me), {std::move(topics), std::move(group)});
        source->attach(f.host.setup(me));
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

std::vector<std::string> numbers(int first, int n) {
    std::vector<std::string> all;
    for (int i = first; i < first + n; ++i) all.push_back(std::to_string(i));
    return all;
}

}  // namespace

TEST_CASE("a message lands when it is stored, and comes out whole, in order, on the topic's lane") {
    Fixture f;
    auto sink = f.sink();
    Reader reader(f, "a");
    const leat_header headers[] = {{leat::bytes("h1"), leat::bytes("v1")}, {leat::bytes("h2"), leat::kAbsent}};
    leat_message m = make_message(f.host, *f.instances[0], "in", "key", "payload", {&f.told, 7});
    m.headers = headers;
    m.header_count = 2;
    m.timestamp_ns = 42;
    m.attempt = 3;
    m.flags = LEAT_MESSAGE_RESUME | LEAT_MESSAGE_RETAINED | 1u << 30;
    sink->c()->inlet->push(sink->c()->inlet, &m, 1);
    CHECK(f.told.count(LEAT_ACK) == 1);
    CHECK(f.host.live_buffers == 0);
    f.host.run();
    REQUIRE(reader.below.messages.size() == 1);
    const leat_message& out = reader.below.messages[0];
    CHECK(leat::view(out.topic) == "t");
    CHECK(leat::view(out.key) == "key");
    CHECK(leat::view(out.payload) == "payload");
    REQUIRE(out.header_count == 2);
    CHECK(leat::view(out.headers[0].name) == "h1");
    CHECK(leat::view(out.headers[0].value) == "v1");
    CHECK_FALSE(leat::present(out.headers[1].value));
    CHECK(out.timestamp_ns == 42);
    CHECK(out.attempt == 0);
    CHECK(out.flags == (LEAT_MESSAGE_RETAINED | 1u << 30));
    CHECK(out.lane == leat::lane_of("t"));
    reader.below.settle_all(LEAT_ACK);
}

TEST_CASE("an absent key and an absent payload stay absent") {
    Fixture f;
    auto sink = f.sink();
    Reader reader(f, "a");
    leat_message m{};
    m.topic = leat::bytes("in");
    m.receipt = {&f.told, 0};
    sink->c()->inlet->push(sink->c()->inlet, &m, 1);
    f.host.run();
    REQUIRE(reader.below.messages.size() == 1);
    CHECK_FALSE(leat::present(reader.below.messages[0].key));
    CHECK_FALSE(leat::present(reader.below.messages[0].payload));
    reader.below.settle_all(LEAT_ACK);
}

TEST_CASE("each route without a group sees every message; routes of a group share them") {
    Fixture f;
    auto sink = f.sink();
    Reader a(f, "a"), b(f, "b"), g1(f, "c", 2, "g"), g2(f, "d", 100, "g");
    f.push(*sink, 0, 10);
    CHECK(a.seen() == numbers(0, 10));
    CHECK(b.seen() == numbers(0, 10));
    CHECK(g1.below.payloads.size() + g2.below.payloads.size() == 10);
    CHECK(g1.below.payloads.size() == 2);
    for (Reader* r : {&a, &b, &g1, &g2}) r->below.settle_all(LEAT_ACK);
}

TEST_CASE("a route that comes later begins with the oldest message that is still there") {
    Fixture f;
    auto sink = f.sink();
    f.push(*sink, 0, 5);
    Reader a(f, "a");
    CHECK(a.seen() == numbers(0, 5));
    a.below.settle_all(LEAT_ACK);
    f.host.run();
    f.push(*sink, 5, 5);
    Reader b(f, "b");
    CHECK(b.seen() == numbers(5, 5));
    a.below.settle_all(LEAT_ACK);
    b.below.settle_all(LEAT_ACK);
}

TEST_CASE("a full topic holds its writers back, in order, until there is room") {
    Fixture f(10);
    auto sink = f.sink();
    Reader a(f, "a", 4);
    f.push(*sink, 0, 8);
    f.push(*sink, 8, 8);
    f.push(*sink, 16, 1);
    CHECK(f.told.count(LEAT_ACK) == 10);
    CHECK(a.seen() == numbers(0, 4));
    CHECK(f.told.count(LEAT_ACK) == 10);
    a.below.settle_all(LEAT_ACK);
    f.host.run();
    CHECK(f.told.count(LEAT_ACK) == 14);
    for (int i = 0; i < 10; ++i) {
        a.below.settle_all(LEAT_ACK);
        f.host.run();
    }
    CHECK(a.seen() == numbers(0, 17));
    CHECK(f.told.count(LEAT_ACK) == 17);
    for (uint64_t i = 0; i < 17; ++i) CHECK(f.told.all[i].token == i);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a topic is bounded by bytes too, but one message is always admitted") {
    Fixture f(1000, 100);
    auto sink = f.sink();
    Reader a(f, "a");
    f.push(*sink, 0, 1, std::string(500, 'k'));
    CHECK(f.told.count(LEAT_ACK) == 1);
    f.push(*sink, 1, 50);  // 4 bytes each with topic and key
    CHECK(f.told.count(LEAT_ACK) == 1);
    CHECK(a.seen() == numbers(0, 1));
    a.below.settle_all(LEAT_ACK);
    f.host.run();
    CHECK(f.told.count(LEAT_ACK) < 40);
    CHECK(f.told.count(LEAT_ACK) > 20);
    for (int i = 0; i < 5; ++i) {
        a.below.settle_all(LEAT_ACK);
        f.host.run();
    }
    CHECK(a.seen() == numbers(0, 51));
}

TEST_CASE("the slowest group holds a topic's writers back") {
    Fixture f(10);
    auto sink = f.sink();
    Reader fast(f, "fast"), slow(f, "slow");
    for (int i = 0; i < 3; ++i) {
        f.push(*sink, 10 * i, 10);
        f.host.run();
        fast.below.settle_all(LEAT_ACK);
        f.host.run();
    }
    CHECK(f.told.count(LEAT_ACK) == 10);
    for (int i = 0; i < 3; ++i) {
        slow.below.settle_all(LEAT_ACK);
        fast.below.settle_all(LEAT_ACK);
        f.host.run();
    }
    CHECK(fast.seen() == numbers(0, 30));
    CHECK(slow.seen() == numbers(0, 30));
}

TEST_CASE("a message that comes back with retry is emitted again before the next, after a backoff") {
    Fixture f;
    auto sink = f.sink();
    Reader a(f, "a", 1);
    f.push(*sink, 0, 2);
    CHECK(a.seen() == numbers(0, 1));
    a.below.settle(0, LEAT_RETRY);
    CHECK(a.seen() == numbers(0, 1));
    f.host.advance(101ms);
    CHECK(a.seen() == std::vector<std::string>{"0", "0"});
    CHECK(a.below.messages[1].attempt == 1);
    a.below.settle(1, LEAT_ACK);
    CHECK(a.seen() == std::vector<std::string>{"0", "0", "1"});
    a.below.settle(2, LEAT_ACK);
    f.host.run();
    CHECK(a.flow().emitted == 2);
    CHECK(a.flow().landed == 2);
    CHECK(a.flow().retried == 1);
}

TEST_CASE("what a stop abandons goes to the next subscriber, in order and marked, and nothing else does") {
    Fixture f;
    auto sink = f.sink();
    Reader a(f, "a", 6, "g");
    f.push(*sink, 0, 10);
    CHECK(a.seen() == numbers(0, 6));
    for (size_t i : {0u, 3u}) a.below.settle(i, LEAT_ACK);
    for (size_t i : {1u, 2u, 4u, 5u}) a.below.settle(i, LEAT_ABANDON);
    f.host.run();
    a.stop();
    CHECK(a.me.stopped);
    CHECK(a.flow().emitted == 7);
    CHECK(a.flow().landed == 2);
    CHECK(a.flow().returned == 5);
    CHECK(a.flow().settled == 7);
    Reader b(f, "b", 100, "g");
    CHECK(b.seen() == std::vector<std::string>{"1", "2", "4", "5", "6", "7", "8", "9"});
    CHECK(b.below.messages[0].flags == LEAT_MESSAGE_REDELIVERED);
    CHECK(b.below.messages[4].flags == LEAT_MESSAGE_REDELIVERED);
    CHECK(b.below.messages[5].flags == 0);
    b.below.settle_all(LEAT_ACK);
    f.host.run();
    a.start();
    CHECK(a.seen().size() == 7);
    f.push(*sink, 10, 1);
    f.host.run();
    CHECK(a.below.payloads.size() + b.below.payloads.size() == 16);
    b.below.settle_all(LEAT_ACK);
    if (a.below.payloads.size() == 8) a.below.settle(7, LEAT_ACK);
}

TEST_CASE("a route that is stopped and started again goes on where it was") {
    Fixture f;
    auto sink = f.sink();
    Reader a(f, "a", 3);
    f.push(*sink, 0, 3);
    CHECK(a.seen() == numbers(0, 3));
    a.stop();
    f.push(*sink, 3, 2);
    f.host.run();
    CHECK(a.below.payloads.size() == 3);
    a.start();
    a.below.settle_all(LEAT_ACK);
    f.host.run();
    a.below.settle_all(LEAT_ACK);
    CHECK(a.seen() == std::vector<std::string>{"0", "1", "2", "0", "1", "2", "3", "4"});
}

TEST_CASE("one sink stores in many topics; a bad topic is rejected with the reason") {
    Fixture f;
    f.backend.max_topics = 2;
    f.backend.open();
    f.to.text = "${key}";
    auto sink = f.sink();
    f.push(*sink, 0, 3, "x");
    f.push(*sink, 3, 3, "y");
    f.push(*sink, 6, 1, "z");
    f.push(*sink, 7, 1, "");
    f.push(*sink, 8, 1, std::string_view());
    CHECK(f.told.count(LEAT_ACK) == 6);
    CHECK(f.told.count(LEAT_REJECT) == 3);
    CHECK(f.told.all[6].reason == "there are as many topics as max_topics allows");
    CHECK(f.told.all[7].reason == "the topic is empty");
    CHECK(f.told.all[8].reason == "a value is missing");
    CHECK(f.host.live_buffers == 0);
    Reader both(f, "a", 100, "", {"x", "y", "x"});
    CHECK(both.seen() == numbers(0, 6));
    both.below.settle_all(LEAT_ACK);
}

TEST_CASE("a sink that stops abandons what waits for room, and what comes later") {
    Fixture f(2);
    auto sink = f.sink();
    f.push(*sink, 0, 5);
    CHECK(f.told.count(LEAT_ACK) == 2);
    sink->c()->stop(sink->c());
    CHECK(f.told.count(LEAT_ABANDON) == 3);
    f.push(*sink, 5, 2);
    CHECK(f.told.count(LEAT_ABANDON) == 5);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("check warns of a topic that nobody reads, and says which sink feeds which source") {
    struct Use {
        leat_identity identity{};
        leat_value options[2]{};
        leat_value item{};
        leat_use use{};
        Use(uint32_t role, const char* path, std::string_view topic) {
            identity.role = role;
            item.type = LEAT_STRING;
            item.text = leat::bytes(topic);
            options[0].type = role == LEAT_ROLE_SOURCE ? LEAT_LIST : LEAT_TEMPLATE;
            options[0].count = 1;
            options[0].as.items = role == LEAT_ROLE_SOURCE ? &item : nullptr;
            options[0].text = leat::bytes(topic);
            use = {sizeof use, 0, &identity, options, path};
        }
    };
    const Use from(LEAT_ROLE_SOURCE, "/r/from", "a"), same(LEAT_ROLE_SINK, "/r/to", "a"),
        unread(LEAT_ROLE_SINK, "/s/to", "b"), computed(LEAT_ROLE_SINK, "/t/to", "${key}"),
        other(LEAT_ROLE_SINK, "/u/to", "a");
    const leat_use* uses[] = {&from.use, &same.use, &unread.use, &computed.use, &other.use};
    const leat_configured backend{sizeof backend, 5, "m", "/backends/m", nullptr, uses, nullptr};
    const leat_configured* backends[] = {&backend};
    static std::vector<std::string> found;
    found.clear();
    const leat_check check{sizeof check, 1, backends,
                           [](const leat_check*, uint32_t, const char* path, leat_bytes text) {
                               found.push_back(std::string(path) + ": " + std::string(leat::view(text)));
                           }};
    Backend::check(check);
    CHECK(found ==
          std::vector<std::string>{"/r/to: /r/from",
                                   "/s/to/topic: no route reads \"b\": when it is full, this route waits for ever",
                                   "/u/to: /r/from"});
}

TEST_CASE("messages cross shards: two writers, two readers, a small topic; none lost, none twice, each in order") {
    constexpr int kEach = 20000;
    Backend backend;
    backend.capacity = 700;
    backend.open();
    std::atomic<int> landed{0}, finished{0};
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);

    const auto write = [&](int writer) {
        SteppedHost host;
        Instance me(host);
        SteppedTemplate to{"t"};
        SinkOptions options;
        options.topic = leat::Template(host.table(), to);
        auto sink = backend.sink(host.setup(me), nullptr, std::move(options));
        sink->attach(host.setup(me));
        sink->c()->start(sink->c(), nullptr);
        Told told;
        std::mt19937 random(seed + static_cast<uint32_t>(writer));
        for (int sent = 0; sent < kEach;) {
            const int n = std::min<int>(kEach - sent, static_cast<int>(random() % 256) + 1);
            std::vector<leat_message> batch;
            for (int i = 0; i < n; ++i, ++sent) {
                batch.push_back(make_message(host, me, "in", writer ? "b" : "a", std::to_string(sent), {&told, 0}));
            }
            sink->c()->inlet->push(sink->c()->inlet, batch.data(), batch.size());
            while (told.all.size() + 600 < static_cast<size_t>(sent)) host.run(1);
        }
        while (told.all.size() < kEach) host.run(1);
        sink->c()->stop(sink->c());
        while (finished < 2) host.run(1);
    };
    std::vector<std::pair<std::string, int>> seen[2];
    const auto read = [&](int reader) {
        SteppedHost host;
        Instance me(host);
        me.identity.max_in_flight = 300;
        auto source = backend.source(host.setup(me), {{"t"}, "g"});
        source->attach(host.setup(me));
        source->open();
        Collector below;
        source->c()->start(source->c(), &below);
        size_t counted = 0;
        while (landed < 2 * kEach) {
            host.run(1);
            for (; counted < below.messages.size(); ++counted) {
                seen[reader].emplace_back(leat::view(below.messages[counted].key),
                                          std::stoi(below.payloads[counted]));
                ++landed;
            }
            below.settle_all(LEAT_ACK);
        }
        source->c()->hold(source->c());
        source->c()->stop(source->c());
        host.run();
        ++finished;
    };
    std::vector<std::thread> threads;
    for (int i : {0, 1}) threads.emplace_back(read, i);
    for (int i : {0, 1}) threads.emplace_back(write, i);
    for (std::thread& t : threads) t.join();

    std::set<std::pair<std::string, int>> all;
    for (const auto& one : seen) {
        std::map<std::string, int> last{{"a", -1}, {"b", -1}};
        for (const auto& [key, number] : one) {
            CHECK(last[key] < number);
            last[key] = number;
            CHECK(all.emplace(key, number).second);
        }
    }
    CHECK(all.size() == 2 * kEach);
}
