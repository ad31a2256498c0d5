#include "test_rig.hpp"

using namespace leat::memory;

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

TEST_CASE("a message that comes back with retry goes back to its topic and comes before the next, after a backoff") {
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
    CHECK(a.below.messages[1].flags == LEAT_MESSAGE_REDELIVERED);
    a.below.settle(1, LEAT_ACK);
    CHECK(a.seen() == std::vector<std::string>{"0", "0", "1"});
    a.below.settle(2, LEAT_ACK);
    f.host.run();
    CHECK(a.flow().emitted == 3);
    CHECK(a.flow().landed == 2);
    CHECK(a.flow().returned == 1);
    CHECK(a.flow().retried == 1);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("what came back with retry goes back in order; what stands between it and the watermark stays counted") {
    Fixture f;
    auto sink = f.sink();
    Reader a(f, "a", 8, "g");
    f.push(*sink, 0, 10);
    CHECK(a.seen() == numbers(0, 8));
    for (size_t i : {5u, 2u, 3u}) a.below.settle(i, LEAT_RETRY);
    f.host.run();
    f.host.advance(101ms);
    CHECK(a.seen() == numbers(0, 8));  // the window is full: 0 holds the watermark
    a.below.settle(0, LEAT_ACK);
    a.below.settle(1, LEAT_ACK);
    CHECK(a.seen() == std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "2", "3", "5", "8"});
}

TEST_CASE("another member of the group gets what came back with retry") {
    Fixture f;
    auto sink = f.sink();
    Reader a(f, "a", 2, "g"), b(f, "b", 10, "g");
    f.push(*sink, 0, 2);
    f.host.run();
    Reader& has = a.below.payloads.empty() ? b : a;
    Reader& other = &has == &a ? b : a;
    REQUIRE(has.below.payloads.size() == 2);
    has.below.settle(1, LEAT_RETRY);
    has.source->c()->hold(has.source->c());
    f.host.run();
    f.host.advance(101ms);
    CHECK(other.seen() == numbers(1, 1));
    CHECK(other.below.messages[0].attempt == 1);
    CHECK(has.flow().returned == 1);
    has.below.settle(0, LEAT_ACK);
    other.below.settle(0, LEAT_ACK);
    f.host.run();
    CHECK(has.flow().landed == 1);
    CHECK(other.flow().landed == 1);
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
