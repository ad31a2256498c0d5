// Whether deliveries come so close together that it pays to let some gather before the next read.
//
//   pace.read(now, deliveries);             // what a look at the socket gave
//   wait(pace.pause(prefetch - open));      // 0: look again as soon as something comes
//
// RabbitMQ writes a few deliveries at a time. Whoever wakes for each write costs the broker, which has to wake us, as
// much as it costs us. Below some ten thousand a second a pause saves next to nothing and delays each message that
// comes in it; so the mean distance of the last deliveries decides, and a burst after a quiet time does not. No clock
// of its own. On one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace leat::rabbitmq {

class Pace {
  public:
    using Time = std::chrono::nanoseconds;

    static constexpr Time kClose = std::chrono::microseconds(100);    ///< closer than this is worth a pause
    static constexpr Time kLongest = std::chrono::microseconds(500);  ///< of a pause
    static constexpr Time kShortest = std::chrono::microseconds(50);  ///< a shorter one is none
    static constexpr Time kQuiet = std::chrono::milliseconds(10);     ///< as what a quiet time counts at most

    /// A connection begins: nothing is known.
    void start(Time now) {
        last_ = now;
        spacing_ = kQuiet;
    }

    /// So many deliveries have come since the last call.
    void read(Time now, std::uint64_t deliveries) {
        if (deliveries == 0) return;
        const Time mean = (now - last_) / static_cast<std::int64_t>(deliveries);
        spacing_ += (std::min(mean, kQuiet) - spacing_) / 8;
        last_ = now;
    }

    /// How long to leave the socket alone, no longer than a quarter of those takes that the broker may send before it
    /// waits for an acknowledgement.
    [[nodiscard]] Time pause(std::uint64_t may_come) const {
        if (spacing_ >= kClose) return Time::zero();
        const auto some = static_cast<std::int64_t>(std::min<std::uint64_t>(may_come, 65'535));
        const Time most = std::min(kLongest, spacing_ * some / 4);
        return most < kShortest ? Time::zero() : most;
    }

  private:
    Time last_{};
    Time spacing_ = kQuiet;
};

}  // namespace leat::rabbitmq
