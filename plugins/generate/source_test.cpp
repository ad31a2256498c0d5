#include "source.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "support/folder.hpp"
#include "support/stepped_host.hpp"

using namespace std::chrono_literals;
using leat::generate::Kind;
using leat::generate::Source;
using leat::generate::SourceOptions;
using leat::test::Collector;
using leat::test::Folder;
using leat::test::Instance;
using leat::test::SteppedHost;

namespace {

struct Fixture {
    SteppedHost host;
    Instance me{host};
    Collector below;
    std::unique_ptr<Source> source;

    void make(const SourceOptions& options, uint64_t in_flight = 1024) {
        me.identity.max_in_flight = in_flight;
        source = std::make_unique<Source>(options);
        source->attach(host.setup(me));
        source->open();
        start();
    }
    void start() {
        me.stopped = false;
        source->c()->start(source->c(), &below);
        host.run();
    }
    const leat_flow& flow() { return *source->c()->flow; }
};

}  // namespace

TEST_CASE("generate makes as many numbers as asked, in order, and says when it is done") {
    Fixture f;
    SourceOptions options;
    options.count = 1234;
    options.first = 95;
    f.below.answers_at_once = true;
    f.make(options);
    REQUIRE(f.below.payloads.size() == 1234);
    for (size_t i = 0; i < 1234; ++i) CHECK(f.below.payloads[i] == std::to_string(95 + i));
    CHECK(f.flow().landed == 1234);
    CHECK(f.me.log.back() == "made all 1234 messages");
}

TEST_CASE("generate fills a number up with zeros and keeps counting when it outgrows its size") {
    Fixture f;
    SourceOptions options;
    options.count = 12;
    options.first = 95;
    options.size = {3};
    f.below.answers_at_once = true;
    f.make(options);
    CHECK(f.below.payloads[0] == "095");
    CHECK(f.below.payloads[5] == "100");

    options.size = {1};
    options.first = 9'999'999'999'999'999'995u;
    Fixture g;
    g.below.answers_at_once = true;
    g.make(options);
    CHECK(g.below.payloads[5] == "10000000000000000000");
}

TEST_CASE("generate stops at its credit and goes on when something was settled") {
    Fixture f;
    SourceOptions options;
    f.make(options, 300);
    CHECK(f.below.messages.size() == 300);
    CHECK(f.below.signals == std::vector<uint32_t>{LEAT_SIGNAL_FLUSH});
    f.below.settle_all(LEAT_ACK);
    f.host.run();
    CHECK(f.below.messages.size() == 600);
    f.below.settle_all(LEAT_ACK);
    f.source.reset();
}

TEST_CASE("generate keeps a rate") {
    Fixture f;
    SourceOptions options;
    options.rate = {1000};
    f.below.answers_at_once = true;
    f.make(options);
    for (int ms = 0; ms < 2000; ++ms) f.host.advance(1ms);
    CHECK(f.below.messages.size() >= 1999);
    CHECK(f.below.messages.size() <= 2001);

    f.host.advance(60s);  // a pause is made up for by 100 ms, not by 60,000 messages
    CHECK(f.below.messages.size() <= 2110);
}

TEST_CASE("generate keeps a rate below one a second") {
    Fixture f;
    SourceOptions options;
    options.rate = {0.5};
    f.below.answers_at_once = true;
    f.make(options);
    for (int s = 0; s < 21; ++s) f.host.advance(1s);
    CHECK(f.below.messages.size() == 10);
}

TEST_CASE("generate makes what a stop abandoned again at the next start") {
    Fixture f;
    SourceOptions options;
    options.count = 10;
    f.make(options);
    REQUIRE(f.below.messages.size() == 10);
    for (size_t i = 0; i < 10; ++i) f.below.settle(i, i < 4 ? LEAT_ACK : LEAT_ABANDON);
    f.source->c()->stop(f.source->c());
    f.start();
    REQUIRE(f.below.payloads.size() == 16);
    CHECK(f.below.payloads[10] == "5");
    CHECK(f.below.payloads[15] == "10");
    for (size_t i = 10; i < 16; ++i) f.below.settle(i, LEAT_ACK);
    const leat_flow& flow = f.flow();
    CHECK(flow.emitted == 16);
    CHECK(flow.landed == 10);
    CHECK(flow.returned == 6);
    CHECK(flow.emitted == flow.settled);
}

TEST_CASE("sensors take turns, each with a topic, a key and a lane of its own") {
    Fixture f;
    SourceOptions options;
    options.kind = Kind::sensors;
    options.devices = 3;
    options.topic = "sensors/{device}/temp";
    options.key = "{device}";
    options.headers = {{"unit", "C"}};
    options.count = 7;
    options.size = {80};
    f.make(options);
    REQUIRE(f.below.messages.size() == 7);
    for (size_t i = 0; i < 7; ++i) {
        const leat_message& m = f.below.messages[i];
        const std::string device = std::to_string(i % 3);
        CHECK(leat::view(m.topic) == "sensors/" + device + "/temp");
        CHECK(leat::view(m.key) == device);
        CHECK(m.lane == i % 3);
        CHECK(leat::view(*leat::find_header(m, "unit")) == "C");
        CHECK(m.payload.size == 80);
        CHECK(leat::view(m.payload).starts_with("{\"value\": "));
        CHECK(leat::view(m.payload).find(", \"device\": " + device + ", \"n\": " + std::to_string(i + 1) + "}") !=
              std::string::npos);
    }
    f.below.settle_all(LEAT_ACK);
    f.source.reset();
    CHECK(f.host.live_buffers == 0);
}

namespace {

struct Stamp {
    std::string magic;
    uint32_t stream = 0;
    uint64_t number = 0;
    int64_t due_ns = 0;

    explicit Stamp(const std::string& payload) : magic(payload.substr(0, 4)) {
        std::memcpy(&stream, payload.data() + 4, sizeof stream);
        std::memcpy(&number, payload.data() + 8, sizeof number);
        std::memcpy(&due_ns, payload.data() + 16, sizeof due_ns);
    }
};

SourceOptions stamped(double rate) {
    SourceOptions options;
    options.kind = Kind::stamped;
    options.rate = {rate};
    return options;
}

}  // namespace

TEST_CASE("each device of stamped messages is a stream that counts for itself") {
    Fixture f;
    SourceOptions options = stamped(0);
    options.devices = 3;
    options.stream = 10;
    options.first = 100;
    options.count = 7;
    options.size = {30};
    options.batch = 2;
    f.make(options);
    REQUIRE(f.below.payloads.size() == 7);
    CHECK(f.below.batches == 4);
    for (size_t i = 0; i < 7; ++i) {
        const Stamp stamp(f.below.payloads[i]);
        CHECK(stamp.magic == "LEAT");
        CHECK(stamp.stream == 10 + i % 3);
        CHECK(stamp.number == 100 + i / 3);
        CHECK(stamp.due_ns == f.host.now_ns);
        CHECK(f.below.payloads[i].substr(24) == "......");
    }
    f.below.settle_all(LEAT_ACK);
}

TEST_CASE("stamped messages are due by their schedule, however late they are made") {
    Fixture f;
    const int64_t begin = f.host.now_ns;
    f.make(stamped(1000), 4);
    CHECK(f.below.payloads.size() == 1);
    f.host.advance(10s);  // the credit ends at four
    CHECK(f.below.payloads.size() == 4);
    f.below.settle_all(LEAT_ACK);
    f.host.run();
    f.below.settle_all(LEAT_ACK);
    REQUIRE(f.below.payloads.size() == 8);
    for (size_t i = 0; i < 8; ++i)
        CHECK(Stamp(f.below.payloads[i]).due_ns == begin + static_cast<int64_t>(i) * 1'000'000);
}

TEST_CASE("a schedule that was stopped goes on from where it was") {
    Fixture f;
    f.below.answers_at_once = true;
    f.make(stamped(1000));
    for (int i = 0; i < 9; ++i) f.host.advance(1ms);
    REQUIRE(f.below.payloads.size() == 10);
    f.source->c()->stop(f.source->c());
    f.host.advance(5s);
    f.start();
    CHECK(f.below.payloads.size() == 11);
    CHECK(Stamp(f.below.payloads.back()).due_ns == f.host.now_ns);
}

TEST_CASE("a record holds the time from due to acknowledged, in order") {
    Folder folder;
    SourceOptions options = stamped(1000);
    options.count = 3;
    options.record = folder / "delays";
    Fixture f;
    f.make(options);
    for (int i = 0; i < 2; ++i) f.host.advance(1ms);
    REQUIRE(f.below.payloads.size() == 3);
    f.below.settle(1, LEAT_ACK);  // the first is still open
    f.host.advance(3ms);
    f.below.settle(0, LEAT_ACK);
    f.host.advance(1ms);
    f.below.settle(2, LEAT_ACK);
    f.source->c()->stop(f.source->c());
    const std::string bytes = leat::test::read_file(options.record);
    std::vector<int64_t> delays(bytes.size() / sizeof(int64_t));
    std::memcpy(delays.data(), bytes.data(), bytes.size());
    CHECK(delays == std::vector<int64_t>{5'000'000, 4'000'000, 4'000'000});
}

TEST_CASE("a record wants stamps and a rate") {
    SourceOptions options;
    options.record = "delays";
    CHECK_THROWS_WITH(Source{options}, "record: wants \"kind\": \"stamped\" and a rate");
    options.kind = Kind::stamped;
    CHECK_THROWS_WITH(Source{options}, "record: wants \"kind\": \"stamped\" and a rate");
}

TEST_CASE("a spinning source keeps the shard turning until the next message is due") {
    Fixture f;
    SourceOptions options = stamped(1000);
    options.spin = true;
    f.below.answers_at_once = true;
    f.make(options);
    f.host.now_ns += 999'999;
    CHECK(f.host.turn());  // nothing is due and nothing sleeps
    CHECK(f.below.payloads.size() == 1);
    f.host.now_ns += 1;
    f.host.turn();
    CHECK(f.below.payloads.size() == 2);
}
