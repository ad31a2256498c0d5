#include "queue.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <random>

using leat::memory::Queue;

TEST_CASE("a queue does what a deque does") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    Queue<int> queue;
    std::deque<int> model;
    for (int i = 0; i < 100000; ++i) {
        const bool is_growing = i / 1000 % 2 == 0;
        switch (random() % 4) {
            case 0:
                queue.push_front(i), model.push_front(i);
                break;
            case 1:
                if (is_growing) queue.push_back(i), model.push_back(i);
                break;
            default:
                if (!model.empty() && (!is_growing || random() % 4 == 0)) queue.pop_front(), model.pop_front();
        }
        REQUIRE(queue.size() == model.size());
        if (model.empty()) continue;
        REQUIRE(queue.front() == model.front());
        const size_t at = random() % model.size();
        REQUIRE(queue[at] == model[at]);
    }
    queue.clear();
    CHECK(queue.empty());
}
