// Waiting for a condition instead of for a time.
//
//   REQUIRE(leat::test::eventually([&] { return broker.up(); }));
#pragma once

#include <chrono>
#include <thread>

namespace leat::test {

/** Asks `condition` every `step` until it holds or `limit` has passed; says whether it held. [any thread] */
template <class Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds limit = std::chrono::seconds(30),
                std::chrono::milliseconds step = std::chrono::milliseconds(10)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        if (condition()) return true;
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(step);
    }
}

}  // namespace leat::test
