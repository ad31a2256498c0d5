#include <leat/sdk/flow/buffer.hpp>

#include <doctest/doctest.h>

#include "support/stepped_host.hpp"

using namespace leat::test;

TEST_CASE("an arena's block lives until the last message in it is gone") {
    SteppedHost host;
    Instance me(host);
    {
        leat::Arena arena(host.services(me), 256);
        leat_message a{}, b{};
        CHECK(reinterpret_cast<uintptr_t>(arena.reserve(100)) % 16 == 0);
        arena.attach(a);
        CHECK(reinterpret_cast<uintptr_t>(arena.reserve(1)) % 16 == 0);
        arena.attach(b);
        CHECK(a.buffer == b.buffer);
        CHECK(a.buffer->refs == 3);
        arena.close();
        leat_buffer_release(a.buffer, 1);
        CHECK(host.live_buffers == 1);
        leat_buffer_release(b.buffer, 1);
        CHECK(host.live_buffers == 0);
    }
    CHECK(host.live_buffers == 0);
}

TEST_CASE("a message that moves to an arena keeps its old bytes alive, across blocks too") {
    SteppedHost host;
    Instance me(host);
    leat_message m = make_message(host, me, "t", "k", "p");
    leat::Arena arena(host.services(me), 64);
    for (int i = 0; i < 5; ++i) {
        char* at = arena.reserve(48);
        std::memcpy(at, "abc", 3);
        arena.attach(m);
        m.payload = {at, 3};
    }
    arena.attach(m);  // twice is once
    arena.close();
    CHECK(leat::view(m.topic) == "t");
    CHECK(leat::view(m.payload) == "abc");
    CHECK(host.live_buffers == 6);
    leat_buffer_release(m.buffer, 1);
    CHECK(host.live_buffers == 0);
}

TEST_CASE("one reservation larger than a block is served") {
    SteppedHost host;
    Instance me(host);
    leat::Arena arena(host.services(me), 64);
    std::memset(arena.reserve(10'000), 'x', 10'000);
    CHECK(arena.reserve(0) != nullptr);
    std::memset(arena.reserve(64), 'x', 64);
}

TEST_CASE("compaction moves a small message out of a large buffer, whole") {
    SteppedHost host;
    Instance me(host);
    void* data = nullptr;
    leat_buffer* large = host.table()->buffer_new(me, 100'000, &data);
    auto* bytes = static_cast<char*>(data);
    std::memcpy(bytes, "topickeypayloadnamevalue", 24);
    const leat_header headers[] = {{{bytes + 15, 4}, {bytes + 19, 5}}, {{bytes + 15, 4}, {nullptr, 0}}};
    leat_message m{};
    m.topic = {bytes, 5};
    m.key = {bytes + 5, 3};
    m.payload = {bytes + 8, 7};
    m.headers = headers;
    m.header_count = 2;
    m.buffer = large;
    leat_buffer_retain(large, 1);
    leat::compact(host.services(me), m);
    CHECK(large->refs == 1);
    leat_buffer_release(large, 1);
    CHECK(host.live_buffers == 1);
    CHECK(m.buffer->capacity < 1000);
    CHECK(leat::view(m.topic) == "topic");
    CHECK(leat::view(m.key) == "key");
    CHECK(leat::view(m.payload) == "payload");
    CHECK(leat::view(m.headers[0].value) == "value");
    CHECK_FALSE(leat::present(m.headers[1].value));
    leat_buffer* own = m.buffer;
    leat::compact(host.services(me), m);  // it is compact already
    CHECK(m.buffer == own);
    leat_buffer_release(own, 1);
    CHECK(host.live_buffers == 0);
    leat_message for_ever{};
    leat::compact(host.services(me), for_ever);
    CHECK(for_ever.buffer == nullptr);
}

TEST_CASE("settlements are told in runs of one settler, a detail before it dies") {
    Told a, b;
    leat::Settlements done;
    leat_message m{};
    m.receipt = {&a, 1};
    done.end(m, LEAT_ACK);
    CHECK(a.all.empty());
    m.receipt = {&b, 2};
    done.end(m, LEAT_REJECT, LEAT_NONE, std::string("because"));
    CHECK(a.all.size() == 1);
    REQUIRE(b.all.size() == 1);
    CHECK(b.all[0].reason == "because");
    for (uint64_t i = 0; i < 600; ++i) done.settle({&a, i}, LEAT_ACK);
    done.flush();
    CHECK(a.all.size() == 601);
    for (uint64_t i = 0; i < 600; ++i) CHECK(a.all[i + 1].token == i);
}
