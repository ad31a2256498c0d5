// How long a client waits before its next attempt to connect: doubling from `least` to `most`, with jitter so that
// many clients do not come back at once. The delay starts anew only after a connection has lasted: two clients that
// throw each other out by one client id, or one that its broker closes again and again, must not come back in a tight
// loop.
//
//     reconnect.lost(services.now());
//     services.after(reconnect.next(random()), try_again, this);
//
// On one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace leat {
inline namespace v1 {

class Reconnect {
  public:
    using Time = std::chrono::nanoseconds;

    /// A connection that stood this long was a good one.
    static constexpr Time kStable = std::chrono::seconds(10);

    Reconnect(Time least, Time most) : least_(least), most_(std::max(least, most)), delay_(least) {}

    void connected(Time now) {
        since_ = now;
        is_up_ = true;
    }

    void lost(Time now) {
        if (is_up_ && now - since_ >= kStable) delay_ = least_;
        is_up_ = false;
    }

    /// The wait before the next attempt: the current delay, less up to a quarter of it.  random: any 32 bits.
    Time next(std::uint32_t random) {
        const Time delay = delay_;
        delay_ = std::min(most_, delay_ * 2);
        return delay - delay / 4 * static_cast<std::int64_t>(random % 1024) / 1024;
    }

  private:
    Time least_;
    Time most_;
    Time delay_;
    Time since_{};
    bool is_up_ = false;
};

}  // namespace v1
}  // namespace leat
