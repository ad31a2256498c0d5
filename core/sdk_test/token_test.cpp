#include <leat/sdk/flow/token.hpp>

#include <doctest/doctest.h>

#include <map>
#include <random>

TEST_CASE("a token finds its entry until it is removed, and never its slot's next user") {
    leat::Slots<int> slots;
    const uint64_t a = slots.add();
    *slots.find(a) = 1;
    slots.remove(a);
    CHECK(slots.find(a) == nullptr);
    const uint64_t b = slots.add();
    CHECK(static_cast<uint32_t>(a) == static_cast<uint32_t>(b));  // the same slot
    CHECK(a != b);
    *slots.find(b) = 2;
    CHECK(slots.find(a) == nullptr);
    CHECK(*slots.find(b) == 2);
    CHECK(slots.find(~uint64_t{0}) == nullptr);
    CHECK(slots.find(0) == nullptr);
}

TEST_CASE("slots behave like a map, and entries never move") {
    const auto seed = static_cast<uint32_t>(std::random_device{}());
    CAPTURE(seed);
    std::mt19937 random(seed);
    leat::Slots<uint64_t> slots;
    std::map<uint64_t, const uint64_t*> live;
    std::vector<uint64_t> dead;
    for (int step = 0; step < 50000; ++step) {
        if (random() % 100 < (step % 10000 < 5000 ? 60u : 40u)) {
            const uint64_t token = slots.add();
            *slots.find(token) = token;
            REQUIRE(live.emplace(token, slots.find(token)).second);
        } else if (!live.empty()) {
            auto it = live.lower_bound(random() % (live.rbegin()->first + 1));
            if (it == live.end()) it = live.begin();
            REQUIRE(slots.find(it->first) == it->second);
            REQUIRE(*it->second == it->first);
            slots.remove(it->first);
            dead.push_back(it->first);
            live.erase(it);
        }
        if (!dead.empty()) REQUIRE(slots.find(dead[random() % dead.size()]) == nullptr);
        REQUIRE(slots.size() == live.size());
    }
    size_t seen = 0;
    slots.for_each([&](uint64_t token, uint64_t& value) {
        CHECK(live.contains(token));
        CHECK(value == token);
        ++seen;
        slots.remove(token);
    });
    CHECK(seen == live.size());
    CHECK(slots.empty());
}
