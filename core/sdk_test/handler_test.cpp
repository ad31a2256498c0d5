#include "handler_rig.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace std::chrono_literals;
using namespace leat::test;

namespace {

std::string header(const leat_message& m, std::string_view name) {
    const auto value = leat::find_header(m, name);
    return value ? std::string(leat::view(*value)) : "(none)";
}

}  // namespace

TEST_CASE("a handler that does nothing passes messages on as they are") {
    HandlerRig f([](leat::Message&) {});
    f.push({"a", "b"});
    CHECK(f.below.payloads == std::vector<std::string>{"a", "b"});
    CHECK(f.below.batches == 1);
    CHECK(f.below.messages[1].receipt.settler == &f.told);
    f.below.settle_all(LEAT_ACK);
    CHECK(f.told.count(LEAT_ACK) == 2);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("changes show below; everything that is not changed is still there") {
    HandlerRig f([](leat::Message& m) {
        m.set_header("h", "1");
        m.set_header("g", "2");
        m.set_header("h", "3");
        m.set_payload(std::string(m.payload()) + "!");
        m.set_topic("new");
        CHECK(m.topic() == "new");
        CHECK(*m.header("h") == "3");
        CHECK_FALSE(m.header("x"));
    });
    f.push({"a"});
    const leat_message& m = f.below.messages[0];
    CHECK(leat::view(m.payload) == "a!");
    CHECK(leat::view(m.topic) == "new");
    CHECK(leat::view(m.key) == "k");
    CHECK(m.header_count == 2);
    CHECK(header(m, "h") == "3");
    CHECK(header(m, "g") == "2");
    f.below.settle_all(LEAT_ACK);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a dropped message is acknowledged as dropped, changed or not") {
    HandlerRig f([](leat::Message& m) {
        if (m.payload() == "b") m.set_key("other");
        m.drop();
    });
    f.push({"a", "b"});
    CHECK(f.below.messages.empty());
    CHECK(f.told.count(LEAT_ACK, LEAT_DROPPED) == 2);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a refused message goes back as it was received, with the reason") {
    HandlerRig f([](leat::Message& m) {
        m.set_payload("changed");
        m.emit("t", "k", "child");
        if (m.attempt() == 0) m.retry("not yet", 3s);
    });
    f.push({"a"});
    REQUIRE(f.me.failures.size() == 1);
    CHECK(leat::view(f.me.failures[0].message.payload) == "a");
    CHECK(f.me.failures[0].message.receipt.settler == &f.told);
    CHECK(f.me.failures[0].outcome == LEAT_RETRY);
    CHECK(f.me.failures[0].reason == "not yet");
    CHECK(f.me.failures[0].retry_after_ns == 3'000'000'000);
    CHECK(f.below.messages.empty());
    CHECK(f.told.all.empty());
    f.me.settle(0, LEAT_REJECT);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("an exception is a reject with its words, and the next message is handled") {
    HandlerRig f([](leat::Message& m) {
        if (m.payload() == "bad") throw std::runtime_error("bad payload");
    });
    f.push({"bad", "good"});
    CHECK(f.below.payloads == std::vector<std::string>{"good"});
    REQUIRE(f.me.failures.size() == 1);
    CHECK(f.me.failures[0].outcome == LEAT_REJECT);
    CHECK(f.me.failures[0].reason == "bad payload");
    f.me.settle(0, LEAT_ACK, LEAT_DEAD_LETTERED);
    f.below.settle_all(LEAT_ACK);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("on an ordered route what stands behind a refused message of its lane goes back HELD, unhandled") {
    int handled = 0;
    HandlerRig f(
        [&](leat::Message& m) {
            ++handled;
            if (m.payload() == "0") m.reject("no");
        },
        LEAT_IDENTITY_ORDERED);
    f.push({"0", "1", "2", "3", "4", "5"}, 2);
    CHECK(handled == 4);
    CHECK(f.below.payloads == std::vector<std::string>{"1", "3", "5"});
    REQUIRE(f.me.failures.size() == 3);
    CHECK(f.me.failures[0].code == LEAT_NONE);
    for (size_t i : {1u, 2u}) {
        CHECK(f.me.failures[i].outcome == LEAT_RETRY);
        CHECK(f.me.failures[i].code == LEAT_HELD);
    }
    CHECK(leat::view(f.me.failures[2].message.payload) == "4");
    for (size_t i = 0; i < 3; ++i) f.me.settle(i, LEAT_ABANDON);
    f.below.settle_all(LEAT_ACK);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("without order the messages behind a refused one are handled") {
    HandlerRig f([](leat::Message& m) {
        if (m.payload() == "0") m.retry("later");
    });
    f.push({"0", "1"});
    CHECK(f.below.payloads == std::vector<std::string>{"1"});
    CHECK(f.me.failures.size() == 1);
    f.me.settle(0, LEAT_ACK);
    f.below.settle_all(LEAT_ACK);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("what a handler emits follows its message, and the source is told when all have ended") {
    HandlerRig f([](leat::Message& m) {
        if (m.payload() == "b") {
            m.emit("t2", "", "b1");
            m.emit("t3", std::string_view(), "b2");
        }
    });
    f.push({"a", "b", "c"});
    CHECK(f.below.payloads == std::vector<std::string>{"a", "b", "b1", "b2", "c"});
    CHECK(leat::view(f.below.messages[2].topic) == "t2");
    CHECK(leat::present(f.below.messages[2].key));
    CHECK_FALSE(leat::present(f.below.messages[3].key));
    f.below.settle(0, LEAT_ACK);
    f.below.settle(1, LEAT_ACK);
    f.below.settle(3, LEAT_REJECT);
    CHECK(f.told.all.size() == 1);
    f.handler.c()->stop(f.handler.c());
    CHECK_FALSE(f.me.stopped);  // a receipt that names it is outstanding
    f.below.settle(2, LEAT_ACK);
    REQUIRE(f.told.all.size() == 2);
    CHECK(f.told.all[1].token == 1);
    CHECK(f.told.all[1].outcome == LEAT_REJECT);
    f.below.settle(4, LEAT_ACK);
    f.host.advance(2ms);
    CHECK(f.me.stopped);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a handler that emits and drops sends the children alone") {
    HandlerRig f([](leat::Message& m) {
        m.set_topic("x");
        m.emit("t2", "k", "child");
        m.drop();
    });
    f.push({"a"});
    CHECK(f.below.payloads == std::vector<std::string>{"child"});
    f.below.settle_all(LEAT_ACK);
    CHECK(f.told.count(LEAT_ACK) == 1);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("more children than one message may have are refused, and none of them is sent") {
    HandlerRig f([](leat::Message& m) {
        for (int i = 0; i < 1025; ++i) m.emit("t", "k", "x");
    });
    f.push({"a"});
    CHECK(f.below.messages.empty());
    CHECK(f.me.failures.size() == 1);
    f.me.settle(0, LEAT_REJECT);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("payload_as takes whole numbers of the whole payload alone") {
    HandlerRig f([](leat::Message& m) {
        if (m.payload() == "42") CHECK(*m.payload_as<int>() == 42);
        if (m.payload() == "4.5") {
            CHECK(*m.payload_as<double>() == 4.5);
            CHECK_FALSE(m.payload_as<int>());
        }
        if (m.payload() == "" || m.payload() == "7 " || m.payload() == "x") CHECK_FALSE(m.payload_as<double>());
        m.drop();
    });
    f.push({"42", "4.5", "", "7 ", "x"});
}

TEST_CASE("whatever a handler does, every message is settled once and no buffer is left or freed twice") {
    const auto seed = static_cast<uint32_t>(std::random_device{}());
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 300; ++round) {
        HandlerRig f(
            [&](leat::Message& m) {
                const std::string large(random() % 20'000, 'x');
                for (auto n = random() % 4; n > 0; --n) {
                    if (random() % 2) m.set_payload(large);
                    if (random() % 2) m.set_header(std::to_string(random() % 3), large);
                    if (random() % 5 == 0) m.emit("t", "k", large);
                }
                const auto end = random() % 10;
                if (end == 0) m.drop();
                if (end == 1) m.reject("no");
                if (end == 2) m.retry("later");
                if (end == 3) throw std::runtime_error("oops");
            },
            random() % 2 ? LEAT_IDENTITY_ORDERED : 0);
        f.below.answers_at_once = random() % 2;
        f.push(std::vector<std::string>(random() % 256 + 1, "p"), 5);
        for (size_t i = 0; i < f.me.failures.size(); ++i) f.me.settle(i, LEAT_REJECT);
        if (!f.below.answers_at_once) f.below.settle_all(LEAT_ACK);
        std::vector<int> times(256);
        for (const auto& one : f.told.all) ++times[one.token];
        CHECK(std::all_of(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(f.told.all.size()),
                          [](int n) { return n == 1; }));
        REQUIRE(f.host.live_buffers == 0);
    }
}

TEST_CASE("keys, payloads and headers can be taken away") {
    HandlerRig f([](leat::Message& m) {
        m.set_header("a", "1");
        m.set_header("b", "2");
        m.remove_header("a");
        m.remove_header("never there");
        m.remove_key();
        CHECK(leat::find_header(m.c(), "b"));
        if (m.payload() == "x") m.remove_payload();
    });
    f.push({"x", "yy"});
    CHECK(header(f.below.messages[0], "a") == "(none)");
    CHECK(header(f.below.messages[0], "b") == "2");
    CHECK_FALSE(leat::present(f.below.messages[0].key));
    CHECK_FALSE(leat::present(f.below.messages[0].payload));
    CHECK(leat::view(f.below.messages[1].payload) == "yy");
    f.below.settle_all(LEAT_ACK);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("the children of a handler are bounded in total: what comes meanwhile waits in order") {
    constexpr size_t kMost = leat::Handler::kMaxUnsettled;
    HandlerRig f([](leat::Message& m) {
        for (int i = 0; i < 99; ++i) m.emit("t", "k", m.payload());
    });
    std::vector<std::string> numbers;
    for (int i = 0; i < 200; ++i) numbers.push_back(std::to_string(i));
    f.push(numbers);
    f.push({"200"});
    const size_t first = f.below.messages.size();
    CHECK(first >= kMost);
    CHECK(first < kMost + 100);
    CHECK(f.below.signals == std::vector<uint32_t>{LEAT_SIGNAL_FLUSH});  // who collects must not wait for us
    f.handler.c()->inlet->signal(f.handler.c()->inlet, LEAT_SIGNAL_FLUSH, 0);
    f.host.run();
    CHECK(f.below.messages.size() == first);
    size_t settled = 0;
    while (settled < f.below.messages.size()) {
        for (size_t i = 0; i < 700 && settled < f.below.messages.size(); ++i) f.below.settle(settled++, LEAT_ACK);
        const size_t before = f.below.messages.size();
        if (settled < before) CHECK(f.below.messages.size() == before);  // never inside settle
        f.host.run();
        REQUIRE(f.below.messages.size() - settled < kMost + 100);
    }
    REQUIRE(f.below.payloads.size() == 201 * 100);
    for (size_t i = 0; i < f.below.payloads.size(); ++i) REQUIRE(f.below.payloads[i] == std::to_string(i / 100));
    CHECK(f.told.count(LEAT_ACK) == 201);
    CHECK(f.below.signals.back() == LEAT_SIGNAL_FLUSH);  // behind what waited
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("what waits for room goes back behind a refused message of its lane, and is given up at a stop") {
    HandlerRig f(
        [](leat::Message& m) {
            if (m.payload() == "no") return m.reject("as asked");
            for (int i = 0; i < 1000; ++i) m.emit("t", "k", "child");
        },
        LEAT_IDENTITY_ORDERED);
    f.push({"a", "b", "c", "d", "e", "no", "x", "behind", "y"}, 2);  // "no" and "behind" are of lane 1
    CHECK(f.below.messages.size() == 5005);
    for (size_t i = 0; i < 5005; ++i) f.below.settle(i, LEAT_ACK);
    f.host.run();
    REQUIRE(f.me.failures.size() == 2);
    CHECK(leat::view(f.me.failures[1].message.payload) == "behind");
    CHECK(f.me.failures[1].code == LEAT_HELD);
    f.push({"p", "q", "r", "s"});
    f.below.settle(5005, LEAT_ACK);
    f.handler.c()->stop(f.handler.c());
    CHECK(f.told.count(LEAT_ABANDON) >= 1);
    for (size_t i = 0; i < 2; ++i) f.me.settle(i, LEAT_ABANDON);
    f.below.settle_all(LEAT_ABANDON);
    f.host.advance(2ms);
    CHECK(f.me.stopped);
    CHECK(f.told.all.size() == 5 + 2 + 2 + 4);
    CHECK(f.host.live_buffers == 0);
}
