// Exponential backoff with jitter.
//
//     Backoff backoff{100ms, 30s};
//     auto wait = backoff.delay(attempt, random);   // attempt 0: about 100 ms, 1: about 200 ms ...
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace leat::runtime {

struct Backoff {
    std::chrono::nanoseconds first{100'000'000};
    std::chrono::nanoseconds most{30'000'000'000};

    /// Between three quarters and five quarters of first * 2^attempt, at most `most`.
    std::chrono::nanoseconds delay(uint32_t attempt, std::minstd_rand& random) const {
        const double doubled =
            static_cast<double>(first.count()) * static_cast<double>(uint64_t{1} << std::min(attempt, 40u));
        const double bounded = std::min(doubled, static_cast<double>(most.count()));
        const double jittered = bounded * std::uniform_real_distribution<double>(0.75, 1.25)(random);
        return std::chrono::nanoseconds(static_cast<int64_t>(std::min(jittered, static_cast<double>(most.count()))));
    }
};

}  // namespace leat::runtime
