#include "test_rig.hpp"

using namespace leat::memory;

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

TEST_CASE("told to drop the oldest, a full topic takes what comes and each group loses what it was not given yet") {
    Fixture f(10);
    f.backend.overflow = Overflow::drop_oldest;
    f.backend.open();
    auto sink = f.sink();
    Reader slow(f, "slow", 4), fast(f, "fast");
    f.push(*sink, 0, 8);
    CHECK(slow.seen() == numbers(0, 4));
    fast.seen();
    fast.below.settle_all(LEAT_ACK);
    f.host.run();
    f.push(*sink, 8, 6);  // slow holds 8: 4 in its hands, 4 to lose
    CHECK(f.told.count(LEAT_ACK) == 14);
    CHECK(fast.seen() == numbers(0, 14));
    slow.below.settle_all(LEAT_ACK);
    f.host.run();
    slow.below.settle_all(LEAT_ACK);
    f.host.run();
    slow.below.settle_all(LEAT_ACK);
    auto expected = numbers(0, 4);
    for (const auto& later : numbers(8, 6)) expected.push_back(later);
    CHECK(slow.seen() == expected);
    fast.below.settle_all(LEAT_ACK);
    f.host.advance(1s);
    CHECK(slow.me.counters["dropped{t}"] == 4);
    CHECK(fast.me.counters["dropped{t}"] == 0);
    CHECK(slow.me.counters["depth{t}"] == 0);
    CHECK(f.instances[0]->counters["dropped"] == 0);
}

TEST_CASE("before a reader has come, the oldest are dropped as well, by messages and by bytes") {
    Fixture f(10);
    f.backend.overflow = Overflow::drop_oldest;
    f.backend.open();
    auto sink = f.sink();
    for (int i = 0; i < 5; ++i) f.push(*sink, 7 * i, 7);
    CHECK(f.told.count(LEAT_ACK) == 35);
    Reader a(f, "a");
    CHECK(a.seen() == numbers(25, 10));
    a.below.settle_all(LEAT_ACK);
    Fixture g(1000, 40);
    g.backend.overflow = Overflow::drop_oldest;
    g.backend.open();
    auto other = g.sink();
    for (int i = 10; i < 60; ++i) g.push(*other, i, 1);  // 4 bytes each
    Reader b(g, "b");
    CHECK(b.seen() == numbers(50, 10));
    b.below.settle_all(LEAT_ACK);
}

TEST_CASE("told to drop the newest, a full topic discards what finds no room, and the ledger can tell") {
    Fixture f(10);
    f.backend.overflow = Overflow::drop_newest;
    f.backend.open();
    auto sink = f.sink();
    Reader a(f, "a", 4);
    f.push(*sink, 0, 16);
    CHECK(f.told.count(LEAT_ACK) == 10);
    CHECK(f.told.count(LEAT_ACK, LEAT_DISCARDED) == 6);
    CHECK(f.instances[0]->counters["stored"] == 10);
    CHECK(f.instances[0]->counters["dropped"] == 6);
    for (int i = 0; i < 5; ++i) {
        f.host.run();
        a.below.settle_all(LEAT_ACK);
    }
    CHECK(a.seen() == numbers(0, 10));
    f.host.advance(1s);
    CHECK(a.me.counters["dropped{t}"] == 6);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a full topic shows in the sink's state, and no longer when there is room") {
    Fixture f(10);
    auto sink = f.sink();
    Reader a(f, "a");
    const Metered& me = *f.instances[0];
    CHECK(me.state == LEAT_STATE_UP);
    CHECK(me.why.empty());
    f.push(*sink, 0, 15);
    CHECK(me.state == LEAT_STATE_UP);
    CHECK(me.why == "topic \"t\" is full: their writers wait");
    CHECK(f.instances[0]->counters["waiting"] == 5);
    f.host.run();
    a.below.settle_all(LEAT_ACK);
    f.host.run();
    CHECK(me.why.empty());
    CHECK(f.instances[0]->counters["waiting"] == 0);
    a.below.settle_all(LEAT_ACK);
}
