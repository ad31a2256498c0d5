#include <leat/sdk/flow/numbered_ring.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <random>

using leat::NumberedRing;

TEST_CASE("entries are found by number while the ring goes round, grows and begins anew") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 20; ++round) {
        const uint64_t first = random() >> (random() % 60);
        NumberedRing<uint64_t> ring(first);
        std::deque<uint64_t> model;
        uint64_t begin = first, end = first;
        for (int step = 0; step < 400; ++step) {
            const size_t n = 1 + random() % 40;
            if (model.empty()) ring.begin_anew(begin);
            if (end - begin + n > ring.capacity()) ring.grow(end - begin + n, begin, end);
            for (size_t done = 0; done < n;) {
                const auto [entries, here] = ring.row(end + done, n - done);
                REQUIRE(here > 0);
                REQUIRE(here <= n - done);
                for (size_t i = 0; i < here; ++i) model.push_back(entries[i] = random());
                done += here;
            }
            end += n;
            for (size_t gone = random() % (2 * n); gone > 0 && !model.empty(); --gone, ++begin) model.pop_front();
            if (random() % 20 == 0) begin = end, model.clear();
            REQUIRE(model.size() == end - begin);
            for (size_t i = 0; i < model.size(); ++i) REQUIRE(ring.at(begin + i) == model[i]);
        }
        CHECK(ring.capacity() >= 16);
    }
}
