#include "test_rig.hpp"

using namespace leat::memory;

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
