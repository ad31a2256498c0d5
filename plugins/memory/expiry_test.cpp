#include "test_rig.hpp"

#include "lifetime.hpp"

using namespace leat::memory;

namespace {

Fixture& with_ttl(Fixture& f, std::chrono::nanoseconds ttl) {
    f.backend.ttl = ttl;
    f.backend.open();
    return f;
}

}  // namespace

TEST_CASE("a message that waits longer than its ttl is not delivered, and counted") {
    Fixture f;
    with_ttl(f, 10s);
    auto sink = f.sink();
    f.push(*sink, 0, 5);
    f.host.advance(6s);
    f.push(*sink, 5, 5);
    f.host.advance(5s);
    Reader a(f, "a", 2);
    CHECK(a.seen() == numbers(5, 2));
    f.host.advance(6s);  // the three that wait expire; the two in hand do not
    CHECK(a.me.counters["expired{t}"] == 8);
    a.below.settle_all(LEAT_ACK);
    f.host.run();
    CHECK(a.seen() == numbers(5, 2));
    f.host.advance(1s);
    CHECK(a.me.counters["depth{t}"] == 0);
    CHECK(a.me.counters["published{t}"] == 10);  // what was there when the group came
    CHECK(a.me.counters["settled{t}"] == 2);
}

TEST_CASE("each group loses only what it was not given yet") {
    Fixture f;
    with_ttl(f, 10s);
    auto sink = f.sink();
    Reader slow(f, "slow", 3), fast(f, "fast");
    f.push(*sink, 0, 8);
    CHECK(slow.seen() == numbers(0, 3));
    CHECK(fast.seen() == numbers(0, 8));
    f.host.advance(11s);
    f.push(*sink, 8, 1);
    slow.below.settle_all(LEAT_ACK);
    f.host.run();
    auto expected = numbers(0, 3);
    expected.push_back("8");
    CHECK(slow.seen() == expected);
    CHECK(fast.seen() == numbers(0, 9));
    slow.below.settle_all(LEAT_ACK);
    fast.below.settle_all(LEAT_ACK);
    f.host.advance(1s);
    CHECK(slow.me.counters["expired{t}"] == 5);
    CHECK(fast.me.counters["expired{t}"] == 0);
    CHECK(slow.me.counters["depth{t}"] == 0);
}

TEST_CASE("what expires makes room for those who wait, though nobody reads") {
    Fixture f(10);
    with_ttl(f, 10s);
    auto sink = f.sink();
    f.push(*sink, 0, 25);
    CHECK(f.told.count(LEAT_ACK) == 10);
    f.host.advance(11s);
    f.host.run();
    CHECK(f.told.count(LEAT_ACK) >= 20);
    f.host.advance(1s);
    f.host.advance(1s);
    CHECK(f.told.count(LEAT_ACK) == 25);
}

TEST_CASE("a message may have a ttl of its own") {
    Fixture f;
    with_ttl(f, 10s);
    f.ttl.text = "${key}";
    auto sink = f.sink();
    f.push(*sink, 0, 3, "5s");
    f.push(*sink, 3, 3, "0");  // for ever
    f.push(*sink, 6, 1, "soon");
    f.push(*sink, 7, 1, std::string_view());
    f.push(*sink, 8, 2, "1h");
    CHECK(f.told.count(LEAT_ACK) == 8);
    REQUIRE(f.told.count(LEAT_REJECT) == 2);
    CHECK(f.told.all[6].reason == "ttl: \"soon\" is no duration, such as \"30s\"");
    CHECK(f.told.all[7].reason == "ttl: a value is missing");
    f.host.advance(20s);
    Reader a(f, "a");
    CHECK(a.seen() == std::vector<std::string>{"3", "4", "5", "8", "9"});
    f.host.advance(2h);
    Reader b(f, "b");
    CHECK(b.seen().empty());
    a.below.settle_all(LEAT_ACK);
}

TEST_CASE("a sink's ttl stands in place of the backend's; what is no duration is refused at once") {
    Fixture f;
    with_ttl(f, 10s);
    f.ttl.text = "1m";
    auto sink = f.sink();
    f.push(*sink, 0, 1);
    f.host.advance(30s);
    Reader a(f, "a");
    CHECK(a.seen() == numbers(0, 1));
    a.below.settle_all(LEAT_ACK);
    f.ttl.text = "later";
    CHECK_THROWS_WITH(f.sink(), "ttl: \"later\" is no duration, such as \"30s\"");
}

TEST_CASE("lifetimes are read as options write them") {
    CHECK(read_lifetime("30s") == 30'000'000'000);
    CHECK(read_lifetime("1.5h") == 5'400'000'000'000);
    CHECK(read_lifetime("250ms") == 250'000'000);
    CHECK(read_lifetime("7") == 7'000'000'000);
    CHECK(read_lifetime("2d") == 172'800'000'000'000);
    CHECK(read_lifetime("0") == 0);
    for (const char* wrong : {"", "s", "-1s", "1 s", "1y", "nan", "inf", "1e3s", "99999999999999d", "5sx"}) {
        CHECK_MESSAGE(!read_lifetime(wrong), wrong);
    }
}
