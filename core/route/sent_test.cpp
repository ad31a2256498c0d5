#include "route/sent.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>

using leat::route::Sent;

namespace {

struct Settler : leat_settler {};
Settler settler;

uint64_t put(Sent& sent, size_t n, int64_t time) {
    const uint64_t first = sent.reserve(n);
    for (size_t i = 0; i < n; ++i) {
        leat_message m{};
        m.lane = static_cast<uint32_t>(first + i);
        sent.at(first + i).kept.keep(m);
        sent.at(first + i).token = first + i;
    }
    sent.open(n, &settler, time, true);
    return first;
}

}  // namespace

TEST_CASE("what goes down is found until it has ended, and never again") {
    Sent sent;
    const uint64_t first = put(sent, 3, 100);
    CHECK(sent.size() == 3);
    REQUIRE(sent.find(first + 1));
    CHECK(sent.find(first + 1).receipt().token == first + 1);
    sent.end(first + 1);
    CHECK_FALSE(sent.find(first + 1));
    CHECK_FALSE(sent.find(first + 3));
    CHECK(sent.run(first, 3).size == 1);
    CHECK(sent.run(first + 1, 1).size == 0);
    CHECK(sent.run(first + 2, 99).size == 1);
    CHECK(sent.run(first + 3, 1).size == 0);
    sent.end(first);
    sent.end(first + 2);
    CHECK(sent.empty());
    CHECK(put(sent, 1, 200) == first + 3);
    CHECK_FALSE(sent.find(first));
}

TEST_CASE(
    "neighbours lie side by side up to where the ring begins again, and "
    "a run of them ends there") {
    Sent sent;
    const uint64_t a = put(sent, 10, 100);
    REQUIRE(sent.capacity() == 16);
    for (uint64_t token = a; token < a + 8; ++token) sent.end(token);
    const uint64_t b = put(sent, 10, 200);
    REQUIRE(sent.capacity() == 16);
    CHECK(sent.row(b, 10).size == 6);
    CHECK(sent.row(b, 3).size == 3);
    CHECK(sent.row(b + 6, 4).size == 4);
    const Sent::Run run = sent.run(b, 10);
    REQUIRE(run.size == 6);
    for (uint64_t i = 0; i < run.size; ++i) CHECK(run.cells[i].token == b + i);
    CHECK(sent.run(b + 6, 10).size == 4);
    CHECK(sent.run(b + 6, 10).cells == &sent.at(b + 6));
}

TEST_CASE("each message remembers when it went down, and with which others") {
    Sent sent;
    const uint64_t a = put(sent, 5, 100), b = put(sent, 7, 200), c = put(sent, 1, 300);
    CHECK(sent.find(a).time_ns == 100);
    CHECK(sent.find(a + 4).time_ns == 100);
    CHECK(sent.find(b + 3).time_ns == 200);
    CHECK(sent.run(a + 1, 99).size == 4);  // and not those that went down later
    CHECK(sent.run(a + 1, 99).time_ns == 100);
    CHECK(sent.run(b + 3, 99).size == 4);
    CHECK(sent.run(c, 99).size == 1);
    CHECK(sent.find(c).time_ns == 300);
}

TEST_CASE("a run that ends takes its numbers with it, and no others") {
    Sent sent;
    const uint64_t a = put(sent, 200, 100), b = put(sent, 200, 200);
    sent.end_run(a + 50, sent.run(a + 50, 100).size);
    CHECK(sent.size() == 300);
    CHECK(sent.run(a, 200).size == 50);
    CHECK(sent.run(a + 50, 1).size == 0);
    CHECK_FALSE(sent.find(a + 149));
    REQUIRE(sent.find(a + 150));
    CHECK(sent.run(a + 150, 200).size == 50);
    CHECK(sent.find(a + 150).time_ns == 100);
    sent.end_run(a, 50);
    sent.end_run(a + 150, 50);
    CHECK(sent.run(b, 200).size == 200);
    CHECK(sent.find(b + 199).time_ns == 200);
    sent.end_run(b, 200);
    CHECK(sent.empty());
    CHECK_FALSE(sent.find(b + 199));
}

TEST_CASE(
    "one that stays while many pass is found, with its time, and memory "
    "does not grow with those that passed") {
    Sent sent;
    const uint64_t staying = put(sent, 1, 42);
    for (int i = 0; i < 10'000; ++i) {
        const uint64_t first = put(sent, 10, 1000 + i);
        for (uint64_t t = first; t < first + 10; ++t) sent.end(t);
    }
    CHECK(sent.capacity() <= 64);
    REQUIRE(sent.find(staying));
    CHECK(sent.find(staying).cell->kept.lane() == staying);
    CHECK(sent.find(staying).time_ns == 42);
    size_t seen = 0;
    sent.for_each([&](uint64_t token, int64_t) { seen += token == staying; });
    CHECK(seen == 1);
    sent.end(staying);
    CHECK_FALSE(sent.find(staying));
    CHECK(sent.empty());
}

TEST_CASE("whatever ends in whatever order, what is in flight is known exactly") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    Sent sent;
    std::map<uint64_t, int64_t> in_flight;  // by token: the time
    for (int step = 0; step < 20'000; ++step) {
        if (in_flight.size() < 500 && random() % 3 > 0) {
            const size_t n = 1 + random() % 40;
            const uint64_t first = put(sent, n, step);
            for (uint64_t t = first; t < first + n; ++t) in_flight[t] = step;
        }
        for (int i = 0; i < 16 && !in_flight.empty(); ++i) {
            auto one = in_flight.begin();
            if (random() % 50 != 0) std::advance(one, std::min<size_t>(in_flight.size() - 1, 20 + random() % 20));
            REQUIRE(sent.find(one->first));
            REQUIRE(sent.find(one->first).cell->kept.lane() == static_cast<uint32_t>(one->first));
            REQUIRE(sent.find(one->first).time_ns == one->second);
            sent.end(one->first);
            REQUIRE_FALSE(sent.find(one->first));
            in_flight.erase(one);
        }
        REQUIRE(sent.size() == in_flight.size());
    }
    size_t seen = 0;
    sent.for_each([&](uint64_t token, int64_t) { seen += in_flight.contains(token); });
    CHECK(seen == in_flight.size());
}
