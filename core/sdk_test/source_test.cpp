#include <doctest/doctest.h>

#include <random>

#include "source_rig.hpp"

using namespace std::chrono_literals;
using namespace leat::test;

TEST_CASE("credit counts from the watermark, not from how many are unsettled") {
    SourceRig f(100);
    CHECK(f.below.messages.size() == 10);
    for (size_t i = 1; i < 10; ++i) f.below.settle(i, LEAT_ACK);
    f.host.run();
    CHECK(f.below.messages.size() == 10);
    CHECK(f.flow().span == 10);
    f.below.settle(0, LEAT_ACK);
    f.host.run();
    CHECK(f.below.messages.size() == 20);
    CHECK(f.source->watermarks[0] == 10);
    CHECK(std::count(f.below.signals.begin(), f.below.signals.end(), LEAT_SIGNAL_FLUSH) == 2);
    for (int i = 0; i < 9; ++i) {
        f.below.settle_all(LEAT_ACK);
        f.host.run();
    }
    CHECK(f.flow().landed == 100);
    CHECK(f.flow().bytes == 0);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("each kind of end has a column of the ledger") {
    SourceRig f(6);
    f.below.settle(0, LEAT_ACK);
    f.below.settle(1, LEAT_ACK, LEAT_DROPPED);
    f.below.settle(2, LEAT_ACK, LEAT_DISCARDED);
    f.below.settle(3, LEAT_ACK, LEAT_DEAD_LETTERED);
    f.below.settle(4, LEAT_REJECT);
    f.below.settle(5, LEAT_ABANDON);
    const leat_flow& flow = f.flow();
    CHECK(flow.landed == 1);
    CHECK(flow.filtered == 1);
    CHECK(flow.discarded == 1);
    CHECK(flow.dead_lettered == 1);
    CHECK(flow.returned == 2);
    CHECK(flow.settled == 6);
    CHECK(f.source->rejects == std::vector<uint64_t>{4});
    CHECK(f.source->watermarks[0] == 5);  // an abandoned message stays unacknowledged
}

TEST_CASE("a second settlement and one of nobody's are stale, in every state of a message") {
    const leat::test::BrokenRules broken;
    SourceRig f(4);
    const auto again = [&](size_t i, uint32_t outcome) {
        const leat_settlement s{f.below.messages[i].receipt.token, outcome, LEAT_NONE, nullptr};
        leat_settler* settler = f.below.messages[i].receipt.settler;
        settler->settle(settler, &s, 1);
    };
    f.below.settle(0, LEAT_ACK);
    f.below.settle(2, LEAT_RETRY);
    f.below.settle(3, LEAT_ABANDON);
    uint64_t stale = 0;
    for (uint32_t outcome : {LEAT_ACK, LEAT_REJECT, LEAT_RETRY, LEAT_ABANDON}) {
        for (size_t i : {0u, 2u, 3u}) {
            again(i, outcome);
            CHECK(f.flow().stale == ++stale);
        }
    }
    leat_settlement wild{uint64_t{7} << 48, LEAT_ACK, LEAT_NONE, nullptr};
    leat_settler* settler = f.below.messages[0].receipt.settler;
    settler->settle(settler, &wild, 1);
    CHECK(f.flow().stale == stale + 1);
    CHECK(broken.count() == (leat::kChecksRules ? stale + 1 : 0));  // no connection has ended: nothing excuses it
    CHECK(std::count_if(f.me.log.begin(), f.me.log.end(),
                        [](const auto& line) { return line.find("settled twice") != line.npos; }) == 1);
    CHECK(f.flow().settled == 2);
    f.check_ledger();
    f.below.settle(1, LEAT_ACK);
    f.host.advance(1s);
    REQUIRE(f.below.messages.size() == 5);
    f.below.settle(4, LEAT_ACK);
    CHECK(f.flow().settled == 4);
    f.check_ledger();
}

TEST_CASE("a message that comes back is emitted again in order, after its backoff, before anything new") {
    SourceRig f(20, 5);
    f.below.settle(3, LEAT_RETRY);
    f.below.settle(1, LEAT_RETRY);
    for (size_t i : {0u, 2u, 4u}) f.below.settle(i, LEAT_ACK);
    f.host.advance(99ms);
    CHECK(f.below.messages.size() == 5);
    f.host.advance(2ms);
    REQUIRE(f.below.messages.size() >= 7);
    CHECK(f.below.payloads[5] == "1");
    CHECK(f.below.payloads[6] == "3");
    CHECK(f.below.messages[5].attempt == 1);
    CHECK(f.below.messages[5].receipt.token == f.below.messages[1].receipt.token);
    CHECK(f.flow().emitted == 5 + f.below.messages.size() - 7);
    f.below.settle(5, LEAT_RETRY);  // the second backoff is longer
    f.below.settle(6, LEAT_ACK);
    const size_t before = f.below.messages.size();
    f.host.advance(150ms);
    CHECK(f.below.messages.size() == before);
    f.host.advance(60ms);
    CHECK(f.below.payloads[before] == "1");
    for (int i = 0; i < 20; ++i) {
        f.below.settle_all(LEAT_ACK);
        f.host.run();
    }
    CHECK(f.flow().landed == 20);
    CHECK(f.flow().retried == 3);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a retry that asks for more time gets it, and a nearer one is not kept waiting by it") {
    SourceRig f(2, 2, 2);
    REQUIRE(f.below.messages.size() == 4);
    const leat_detail detail{sizeof(leat_detail), 0, leat::bytes("busy"), 10'000'000'000};
    f.below.settle(0, LEAT_RETRY, LEAT_NONE, &detail);
    f.host.run();
    f.below.settle(2, LEAT_RETRY);
    f.host.advance(101ms);
    CHECK(f.below.messages.size() == 5);
    f.host.advance(9s);
    CHECK(f.below.messages.size() == 5);
    f.host.advance(1s);
    CHECK(f.below.messages.size() == 6);
    for (size_t i : {1u, 3u, 4u, 5u}) f.below.settle(i, LEAT_ACK);
    CHECK(f.flow().landed == 4);
}

TEST_CASE("a source whose broker delivers again gives a retried message back, after its backoff") {
    SourceRig f(4);
    f.source->returnable = {1};
    f.below.settle(0, LEAT_ACK);
    f.below.settle(1, LEAT_RETRY);
    f.below.settle(3, LEAT_RETRY);
    f.host.run();
    CHECK(f.source->given_back.empty());
    CHECK(f.source->watermarks[0] == 1);
    f.host.advance(150ms);
    CHECK(f.source->given_back == std::vector<uint64_t>{1});
    CHECK(f.source->watermarks[0] == 2);  // told to the broker before the watermark went on
    CHECK(f.flow().returned == 1);
    REQUIRE(f.below.messages.size() == 5);  // the other one is emitted again
    CHECK(leat::view(f.below.messages[4].payload) == "3");
    f.below.settle(2, LEAT_ACK);
    f.below.settle(4, LEAT_ACK);
    f.host.run();
    CHECK(f.source->watermarks[0] == 4);
    CHECK(f.flow().settled == 4);
    f.check_ledger();
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a stop gives up what waits for its backoff, and waits for what is below") {
    SourceRig f(3);
    f.below.settle(1, LEAT_RETRY);
    f.hold();
    f.stop();
    CHECK_FALSE(f.me.stopped);
    f.below.settle(0, LEAT_RETRY);  // nobody will emit it again now
    f.below.settle(2, LEAT_ACK);
    f.host.advance(2ms);
    CHECK(f.me.stopped);
    CHECK(f.flow().returned == 2);
    CHECK(f.flow().landed == 1);
    CHECK(f.flow().emitted == f.flow().settled);
    CHECK(f.source->open_windows[0]->has_abandoned());
    f.source->forget_all();
    CHECK(f.flow().emitted == f.flow().settled);
    CHECK_FALSE(f.source->open_windows[0]->has_abandoned());
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a forgotten window counts what was unsettled as returned, and old tokens are stale") {
    SourceRig f(30);
    f.below.settle(0, LEAT_ACK);
    f.below.settle(5, LEAT_ACK);
    f.below.settle(7, LEAT_RETRY);
    f.source->forget_all();
    CHECK(f.flow().returned == 8);
    f.host.advance(10s);
    CHECK(f.below.payloads.size() == 20);
    CHECK(f.below.payloads[10] == "10");
    f.below.settle(1, LEAT_ACK);
    f.below.settle(2, LEAT_ACK);
    CHECK(f.flow().stale == 2);
    CHECK(f.me.log.size() == 1);
    CHECK(f.me.log[0].find("connection that has ended") != std::string::npos);
    f.check_ledger();
}

TEST_CASE("bytes are bounded, but one message is always admitted") {
    SourceRig f(0);
    f.me.identity.max_in_flight_bytes = 3;
    f.source.reset();
    f.source = std::make_unique<Numbers>();
    f.source->most = 2000;
    f.source->me = &f.me;
    f.source->host = &f.host;
    f.source->attach(f.host.setup(f.me));
    f.source->open();
    leat::InFlight& window = *f.source->open_windows[0];
    CHECK(window.credit() == 10);
    f.start();
    CHECK(window.bytes() >= 3);
    CHECK(window.credit() == 0);
}

TEST_CASE("with confirmation, credit comes back with what is confirmed") {
    SourceRig f(0);
    leat::InFlight window(0, 10, 1000, true);
    CHECK(window.credit() == 10);
    window.confirm(0);
    CHECK(window.credit() == 10);
}

TEST_CASE(
    "whatever comes back, nothing is lost, the ledger closes and every lane keeps its order of first arrivals") {
    const auto seed = static_cast<uint32_t>(std::random_device{}());
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 40; ++round) {
        const uint64_t most = random() % 600 + 1;
        // Half of the windows run out of tokens of their domain on the way: they begin again with its first one.
        const uint64_t first = random() % 2 ? (uint64_t{1} << leat::InFlight::kDomainShift) - random() % 700 : 0;
        SourceRig f(most, random() % 300 + 1, random() % 3 + 1, random() % 2, first);
        std::vector<size_t> open;
        std::map<std::pair<uint32_t, std::string>, bool> ended;
        size_t seen = 0;
        for (int step = 0; step < 5000 && ended.size() < most * f.source->window_count; ++step) {
            for (; seen < f.below.messages.size(); ++seen) open.push_back(seen);
            for (auto n = random() % 20; n > 0 && !open.empty(); --n) {
                const size_t at = random() % 2 ? 0 : random() % open.size();
                const size_t i = open[at];
                open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
                const auto what = random() % 20;
                const uint32_t outcome = what == 0 ? LEAT_RETRY : what == 1 ? LEAT_REJECT : what == 2 ? 99 : LEAT_ACK;
                if (outcome == LEAT_ACK || outcome == LEAT_REJECT) {
                    ended[{f.below.messages[i].lane, f.below.payloads[i]}] = true;
                }
                f.below.settle(i, outcome);
            }
            f.host.advance(random() % 3 ? 1ms : 700ms);
            REQUIRE(f.flow().span <= f.me.identity.max_in_flight);
        }
        CHECK(ended.size() == most * f.source->window_count);
        CHECK(f.flow().emitted == most * f.source->window_count);
        CHECK(f.flow().emitted == f.flow().settled);
        CHECK(f.flow().stale == 0);
        CHECK(f.flow().bytes == 0);
        f.check_ledger();
        CHECK(f.host.live_buffers == 0);
        std::map<uint32_t, int> last;
        std::set<std::pair<uint32_t, std::string>> known;
        for (size_t i = 0; i < f.below.messages.size(); ++i) {
            const uint32_t lane = f.below.messages[i].lane;
            if (!known.emplace(lane, f.below.payloads[i]).second) continue;
            CHECK(std::stoi(f.below.payloads[i]) == last[lane]++);
        }
    }
}

// Settles n messages from the first on, in steps; check(end) is called after each.
template <class F>
void land_in_steps(SourceRig& f, size_t n, size_t step, F&& check) {
    for (size_t begin = 0; begin < n;) {
        const size_t end = std::min(begin + step, n);
        std::vector<leat_settlement> acks;
        for (size_t i = begin; i < end; ++i) {
            acks.push_back({f.below.messages[i].receipt.token, LEAT_ACK, LEAT_NONE, nullptr});
        }
        leat_settler* settler = f.below.messages[0].receipt.settler;
        settler->settle(settler, acks.data(), acks.size());
        begin = end;
        check(end);
    }
}

TEST_CASE("bytes and buffer of a batch that shares one go when all of it has landed, in whatever steps") {
    for (const size_t step : {1, 3, 40, 100}) {
        CAPTURE(step);
        SourceRig f(100, 100, 1, true);
        REQUIRE(f.below.messages.size() == 100);
        const leat_buffer* buffer = f.below.messages[0].buffer;
        const uint64_t content = f.flow().bytes;
        land_in_steps(f, 100, step, [&](size_t end) {
            CHECK(f.flow().landed == end);
            CHECK(f.flow().bytes == (end < 100 ? content : 0));
            CHECK(buffer->refs == (end < 100 ? 200 : 100));  // what is below keeps its own
        });
    }
}

TEST_CASE("of a batch that is much of what a source may hold, bytes and references go message by message") {
    for (const size_t step : {1, 3, 40, 100}) {
        CAPTURE(step);
        SourceRig f(100, 100, 1, true, 0, 1000);
        REQUIRE(f.below.messages.size() == 100);
        const leat_buffer* buffer = f.below.messages[0].buffer;
        uint64_t content = f.flow().bytes;
        CHECK(content > 1000 / 16);
        size_t landed = 0;
        land_in_steps(f, 100, step, [&](size_t end) {
            for (; landed < end; ++landed) content -= leat::content_size(f.below.messages[landed]);
            CHECK(f.flow().bytes == content);
            CHECK(buffer->refs == 200 - end);
        });
    }
}

TEST_CASE("credit that comes back one by one is used, though bytes go by the batch") {
    SourceRig f(1000, 100, 1, true);
    for (size_t i = 0; i < 1000; ++i) {
        REQUIRE(f.below.messages.size() == std::min<size_t>(1000, 100 + i));
        f.below.settle(i, LEAT_ACK);
        f.host.run();
    }
    CHECK(f.flow().landed == 1000);
    CHECK(f.flow().bytes == 0);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("one that comes again has left its batch's buffer, and takes nothing of it along") {
    SourceRig f(20, 20, 1, true);
    f.below.settle(7, LEAT_RETRY);
    for (size_t i = 0; i < 20; ++i) {
        if (i != 7) f.below.settle(i, LEAT_ACK);
    }
    CHECK(f.flow().bytes > 0);
    f.host.advance(200ms);
    REQUIRE(f.below.messages.size() == 21);
    CHECK(f.below.payloads[20] == f.below.payloads[7]);
    f.below.settle(20, LEAT_ACK);
    CHECK(f.flow().landed == 20);
    CHECK(f.flow().bytes == 0);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a source may have very many windows, each with its own outcomes") {
    constexpr size_t kWindows = 70'000;
    SourceRig f(1, 1, kWindows);
    CHECK(f.flow().emitted == kWindows);
    f.below.settle(65'536, LEAT_ACK);
    CHECK(f.source->watermarks[65'536] == 1);
    CHECK(f.source->watermarks[0] == 0);
    f.below.settle(0, LEAT_ACK);
    CHECK(f.source->watermarks[0] == 1);
    CHECK(f.flow().landed == 2);
    CHECK(f.flow().stale == 0);
}

TEST_CASE("outcomes of neighbours told together are counted one by one, also where one of them was told before") {
    SourceRig f(10, 10);
    const auto token = [&](size_t i) { return f.below.messages[i].receipt.token; };
    leat_settler* settler = f.below.messages[0].receipt.settler;
    const leat_settlement one{token(4), LEAT_ACK, LEAT_NONE, nullptr};
    settler->settle(settler, &one, 1);
    std::vector<leat_settlement> all;
    for (size_t i = 0; i < 10; ++i) {
        all.push_back({token(i), LEAT_ACK, i == 7 ? LEAT_DROPPED : LEAT_NONE, nullptr});
    }
    leat::on_broken_rule = [](const char*) {};
    settler->settle(settler, all.data(), all.size());
    leat::on_broken_rule = nullptr;
    CHECK(f.flow().landed == 9);
    CHECK(f.flow().filtered == 1);
    CHECK(f.flow().settled == 10);
    CHECK(f.flow().stale == 1);
    CHECK(f.source->watermarks[0] == 10);
}
