#include <doctest/doctest.h>

#include <deque>
#include <list>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "holding/chunks.hpp"
#include "holding/due_queue.hpp"
#include "holding/id_table.hpp"
#include "holding/json_text.hpp"
#include "holding/ring.hpp"
#include "support/stepped_host.hpp"

using namespace leat::holding;
using namespace leat::test;

TEST_CASE("SipHash with 128 bits gives the reference vectors of its authors") {
    // vectors_sip128 of the reference implementation: key 00 01 .. 0f, texts of length 0 and 1
    const Id key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    std::string text;
    const auto hash = [&](size_t n) {
        text.clear();
        for (size_t i = 0; i < n; ++i) text += static_cast<char>(i);
        return SipHash::hash(key, text);
    };
    CHECK(hash(0) == Id{0xe6a825ba047f81a3, 0x930255c71472f66d});
    CHECK(hash(1) == Id{0x44af996bd8c187da, 0x45fc229b11597634});
    std::set<uint64_t> seen;
    for (size_t n = 0; n < 100; ++n) seen.insert(hash(n).low), seen.insert(hash(n).high);
    CHECK(seen.size() == 200);
}

TEST_CASE("fingerprints tell absent from empty and where a part ends") {
    const Fingerprints of;
    using leat::bytes, leat::kAbsent;
    CHECK(of.parts({bytes("ab"), bytes("c")}) == of.parts({bytes("ab"), bytes("c")}));
    CHECK_FALSE(of.parts({bytes("ab"), bytes("c")}) == of.parts({bytes("a"), bytes("bc")}));
    CHECK_FALSE(of.parts({bytes(""), bytes("c")}) == of.parts({kAbsent, bytes("c")}));
    CHECK_FALSE(of.parts({bytes("c"), bytes("")}) == of.parts({bytes("c"), kAbsent}));
    CHECK_FALSE(of.text("a") == Fingerprints().text("a"));  // another secret
}

TEST_CASE("a table of ids does what a map and a list do") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    IdTable<int> table;
    std::map<uint64_t, int> model;
    std::list<uint64_t> used;                                 // oldest first
    const auto id = [](uint64_t n) { return Id{n, n % 7}; };  // many in one bucket
    for (int step = 0; step < 50'000; ++step) {
        const uint64_t n = random() % 500;
        const uint32_t at = table.find(id(n));
        REQUIRE((at != table.kNone) == model.contains(n));
        if (at == table.kNone) {
            const uint32_t made = table.insert(id(n));
            table.value(made) = step;
            model[n] = step;
            if (random() % 4) table.touch(made), used.push_back(n);
        } else {
            REQUIRE(table.value(at) == model[n]);
            used.remove(n);
            if (random() % 3 == 0) {
                table.erase(at);
                model.erase(n);
            } else {
                table.touch(at);
                used.push_back(n);
            }
        }
        REQUIRE(table.size() == model.size());
        REQUIRE(table.listed() == used.size());
        if (!used.empty()) REQUIRE(table.id(table.oldest()) == id(used.front()));
    }
}

TEST_CASE("a ring does what a queue does") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    Ring<int> ring;
    std::deque<int> model;
    for (int step = 0; step < 20'000; ++step) {
        if (random() % 5 < 3) ring.push(step), model.push_back(step);
        if (random() % 5 < 2 && !model.empty()) {
            REQUIRE(ring.pop() == model.front());
            model.pop_front();
        }
        if (random() % 1000 == 0) {
            ring.remove_if([](int n) { return n % 3 == 0; });
            std::erase_if(model, [](int n) { return n % 3 == 0; });
        }
        REQUIRE(ring.size() == model.size());
    }
    for (size_t i = 0; i < model.size(); ++i) REQUIRE(ring[i] == model[i]);
}

TEST_CASE("a queue by time gives out what is due, by time, in each lane by arrival") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    SteppedHost host;
    Instance me(host);
    Told told;
    {
        DueQueue queue;
        std::map<uint32_t, uint64_t> last;
        leat_message out[LEAT_BATCH_MAX];
        uint64_t token = 0, taken = 0;
        for (int64_t now = 0; now < 3000; ++now) {
            for (auto n = random() % 4; n > 0; --n) {
                leat_message m = make_message(host, me, "t", "k", "p", {&told, token++});
                m.lane = static_cast<uint32_t>(random() % 5);
                queue.add(m, queue.earliest(m, now + static_cast<int64_t>(random() % 50)));
            }
            const size_t n = queue.take(now, out);
            for (size_t i = 0; i < n; ++i, ++taken) {
                const auto [before, is_first] = last.try_emplace(out[i].lane, out[i].receipt.token);
                REQUIRE((is_first || before->second < out[i].receipt.token));
                before->second = out[i].receipt.token;
                leat::Settlements().end(out[i], LEAT_ACK);
            }
            REQUIRE(queue.next_due() > now);
        }
        queue.abandon_lane(2);
        CHECK(told.count(LEAT_ABANDON) > 0);
        const size_t left = queue.size();
        CHECK(taken + told.count(LEAT_ABANDON) + left == token);
        queue.abandon_all();
        CHECK(told.all.size() == token);
        CHECK(queue.next_due() == DueQueue::kNever);
    }
    CHECK(host.live_buffers == 0);
}

TEST_CASE("what waits for its time comes by time and then by arrival, whatever overtook and was given up") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&random](uint64_t n) { return random() % n; };
    SteppedHost host;
    Instance me(host);
    Told told;
    struct Waiting {
        int64_t due;
        uint64_t arrival, token;
        uint32_t lane;
        bool operator<(const Waiting& o) const { return std::tie(due, arrival) < std::tie(o.due, o.arrival); }
    };
    for (int round = 0; round < 20; ++round) {
        const uint64_t spread = 1 + below(40);  // 1: all wait as long
        DueQueue queue;
        queue.keep_lanes(false);
        std::set<Waiting> model;
        leat_message out[LEAT_BATCH_MAX];
        uint64_t token = 0, arrivals = 0;
        for (int64_t now = 1; now < 300; ++now) {
            for (uint64_t n = below(8); n > 0; --n) {
                if (below(10) == 0) ++token;  // no neighbour
                leat_message m = make_message(host, me, "t", "k", std::to_string(token), {&told, token});
                m.lane = static_cast<uint32_t>(below(3));
                m.attempt = static_cast<uint32_t>(below(5));
                const int64_t due = now + 20 + static_cast<int64_t>(below(spread));
                const DueQueue::Place place = queue.add(m, due);
                if (below(4) == 0) queue.compact({host.table(), me}, place);
                model.insert({due, arrivals++, token++, m.lane});
            }
            if (below(50) == 0) {
                const auto lane = static_cast<uint32_t>(below(3));
                const size_t before = told.count(LEAT_ABANDON);
                const size_t gone = std::erase_if(model, [lane](const Waiting& w) { return w.lane == lane; });
                queue.abandon_lane(lane);
                REQUIRE(told.count(LEAT_ABANDON) == before + gone);
            }
            if (below(3) == 0) continue;  // so that more is due at once
            while (const size_t n = queue.take(now, out)) {
                for (size_t i = 0; i < n; ++i) {
                    REQUIRE(!model.empty());
                    const Waiting next = *model.begin();
                    model.erase(model.begin());
                    REQUIRE(next.due <= now);
                    REQUIRE(out[i].receipt.token == next.token);
                    REQUIRE(out[i].receipt.settler == static_cast<leat_settler*>(&told));
                    REQUIRE(out[i].lane == next.lane);
                    REQUIRE(leat::view(out[i].payload) == std::to_string(next.token));
                    leat::Settlements().end(out[i], LEAT_ACK);
                }
            }
            REQUIRE(queue.size() == model.size());
            REQUIRE(queue.next_due() == (model.empty() ? DueQueue::kNever : model.begin()->due));
        }
        queue.abandon_all();
        REQUIRE(queue.size() == 0);
    }
    CHECK(host.live_buffers == 0);
}

TEST_CASE("thousands that wait for one time pass in order, again and again") {
    KeptQueue queue;
    leat_message m{};
    for (int round = 0; round < 3; ++round) {
        for (uint64_t i = 0; i < 10'000; ++i) {
            m.receipt.token = 7 + i;
            m.lane = static_cast<uint32_t>(i * 3);
            queue.push(m, 5 + round);
        }
        CHECK(queue.size() == 10'000);
        for (uint64_t i = 0; i < 10'000; ++i) {
            REQUIRE(queue.next_due() == 5 + round);
            const leat_message out = queue.pop();
            REQUIRE(out.receipt.token == 7 + i);
            REQUIRE(out.lane == i * 3);
        }
        CHECK(queue.empty());
        CHECK(queue.next_due() == KeptQueue::kNever);
    }
}

TEST_CASE("a queue in chunks does what a queue does, and lies still") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    Chunks<int> chunks;
    std::deque<std::pair<int, const int*>> model;
    for (int step = 0; step < 20'000; ++step) {
        const bool is_filling = step / 2000 % 2 == 0;
        if (random() % 5 < (is_filling ? 4 : 2)) {
            const uint64_t number = chunks.push();
            REQUIRE(number + 1 == chunks.next());
            chunks.at(number) = step;
            model.emplace_back(step, &chunks.at(number));
        } else if (!model.empty()) {
            chunks.pop();
            model.pop_front();
        }
        REQUIRE(chunks.size() == model.size());
        REQUIRE(chunks.empty() == model.empty());
        if (model.empty()) continue;
        REQUIRE(chunks.front() == model.front().first);
        REQUIRE(chunks.back() == model.back().first);
        const size_t any = random() % model.size();
        REQUIRE(chunks.at(chunks.first() + any) == model[any].first);
        REQUIRE(&chunks.at(chunks.first() + any) == model[any].second);
    }
}

TEST_CASE("the pool gives every message back as it was put in, and lets go of memory when it is empty") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    leat::holding::MessagePool pool;
    std::map<uint32_t, uint64_t> inside;
    for (int round = 0; round < 3; ++round) {
        for (uint64_t i = 0; i < 20000; ++i) {
            leat_message m{};
            m.receipt.token = i;
            m.lane = static_cast<uint32_t>(i * 7);
            REQUIRE(inside.emplace(pool.add(m), i).second);
            if (random() % 4 || i < 5000) continue;
            const auto one = inside.lower_bound(static_cast<uint32_t>(random() % 20000));
            if (one == inside.end()) continue;
            CHECK(pool.take(one->first).receipt.token == one->second);
            inside.erase(one);
        }
        CHECK(pool.size() == inside.size());
        for (const auto& [number, token] : inside) {
            CHECK(pool.at(number).receipt.token == token);
            const leat_message m = pool.take(number);
            CHECK(m.receipt.token == token);
            CHECK(m.lane == static_cast<uint32_t>(token * 7));
        }
        CHECK(pool.size() == 0);
        inside.clear();
    }
}

TEST_CASE("JSON is what RFC 8259 says, and the place of what is wrong is told") {
    for (const char* good : {"1", " -0.5e+7 ", "0", "true", "null", "\"\"", "\"a\\u00e4\\n\\\"\"", "[]", "{}",
                             "[ 1 , [ ] ]", "{\"a\": {\"b\": [1, \"x\"]}, \"c\":false}"}) {
        CAPTURE(good);
        CHECK(JsonText(good).is_whole());
    }
    for (const char* bad : {"",       " ",       "01",       "1.",          ".5",         "+1",  "1e", "tru",
                            "truely", "\"",      "\"\\x\"",  "\"\\u00g0\"", "\"\n\"",     "[",   "[1", "[1,]",
                            "[1 2]",  "{\"a\"}", "{\"a\":}", "{a:1}",       "{\"a\":1,}", "1 2", "]",  "-"}) {
        CAPTURE(bad);
        CHECK_FALSE(JsonText(bad).is_whole());
    }
    JsonText wrong("[1,]");
    CHECK_FALSE(wrong.is_whole());
    CHECK(wrong.problem() == "byte 4 does not belong there");
    JsonText cut("[1");
    CHECK_FALSE(cut.is_whole());
    CHECK(cut.problem() == "it ends too early");
    const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(JsonText(nested(257)).is_whole());
    CHECK_FALSE(JsonText(nested(258)).is_whole());
    // And the stack holds. NOLINTNEXTLINE(bugprone-string-constructor): large on purpose
    CHECK_FALSE(JsonText(std::string(10'000'000, '[')).is_whole());
}
