// Whether nothing has happened for a while: the end of `run --until-idle`.
//
//     IdleWatch idle(30s);
//     while (!idle.is_over(host.snapshot())) ...
#pragma once

#include <leat/host.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace leat::app {

class IdleWatch {
  public:
    explicit IdleWatch(std::chrono::milliseconds limit) : limit_(limit) {}

    /// True when, for the whole limit, every route that has not failed was running, none received anything and
    /// nothing was in flight. Time in which nobody looked, since the machine stood still, does not count. A route
    /// that waits for its broker is not idle: there may be plenty to read.
    bool is_over(const Snapshot& snapshot);

  private:
    std::chrono::milliseconds limit_;
    uint64_t received_ = 0;
    std::optional<std::chrono::nanoseconds> quiet_;
    std::chrono::steady_clock::time_point looked_at_;
};

}  // namespace leat::app
