#include "publisher/waiting.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <random>

using leat::rabbitmq::Waiting;

TEST_CASE("jobs are taken in order, whatever is put back or left out between") {
    std::mt19937 random(3);
    Waiting<int> waiting;
    std::deque<int> model;
    int next = 0;
    for (int step = 0; step < 5000; ++step) {
        switch (random() % 8) {
            case 0: {
                std::vector<int> back{next++, next++};
                waiting.put_back(back);
                model.insert(model.begin(), back.begin(), back.end());
                break;
            }
            case 1: {
                waiting.leave_out([&](int job, std::size_t place) {
                    CHECK(model[place] == job);
                    return job % 5 == 0;
                });
                std::erase_if(model, [](int job) { return job % 5 == 0; });
                break;
            }
            case 2:
            case 3: {
                std::vector<int> fresh(random() % 20);
                for (int& job : fresh) job = next++;
                waiting.add(fresh);
                model.insert(model.end(), fresh.begin(), fresh.end());
                break;
            }
            default:
                if (model.empty()) break;
                REQUIRE(waiting.take() == model.front());
                model.pop_front();
        }
        REQUIRE(waiting.size() == model.size());
        REQUIRE(waiting.empty() == model.empty());
    }
}
