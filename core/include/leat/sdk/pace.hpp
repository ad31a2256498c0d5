// Whether messages come so close together that it pays to let some gather before the next read, and for how long.
//
//     pace.came(now, messages);                 // what a read has given
//     wait(pace.pause(most, awaited));          // zero: read again as soon as something comes
//
// Brokers write each message, or a few, with a system call of their own. Whoever wakes and answers for each pays
// microseconds a message and slows the broker down; a pause takes in many at once. But below some ten thousand a
// second that saves next to nothing, and each message that comes in a pause waits. So the mean distance of the last
// messages decides; a burst after a quiet time does not. No clock of its own. On one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace leat {
inline namespace v1 {

class Pace {
  public:
    using Time = std::chrono::nanoseconds;

    /// Messages that come closer than this, on average, are worth a pause: 10,000 a second.
    static constexpr Time kClose = std::chrono::microseconds(100);

    /// A shorter pause is not worth its timer.
    static constexpr Time kShortest = std::chrono::microseconds(50);

    /// A quiet time counts as this much at most, so that a stream is found fast after some forty reads.
    static constexpr Time kQuiet = std::chrono::milliseconds(10);

    /// A connection begins: nothing is known.
    void start(Time now) {
        last_ = now;
        spacing_ = kQuiet;
    }

    /// So many messages have come since the last call, with a read at `now`. None tells nothing.
    void came(Time now, std::uint64_t messages) {
        if (messages == 0) return;
        const Time mean = (now - last_) / static_cast<std::int64_t>(messages);
        spacing_ += (std::min(mean, kQuiet) - spacing_) / 8;
        last_ = now;
    }

    [[nodiscard]] bool is_fast() const { return spacing_ < kClose; }

    /// How long the messages of a fast stream may gather: `most`, but no longer than a quarter of those `awaited`
    /// takes, so that whoever sends more for each of them has something to do meanwhile. Zero: no pause.
    [[nodiscard]] Time pause(Time most, std::uint64_t awaited) const {
        if (!is_fast()) return Time::zero();
        const auto some = static_cast<std::int64_t>(std::min<std::uint64_t>(awaited, 65'536));
        const Time time = std::min(most, spacing_ * some / 4);
        return time < kShortest ? Time::zero() : time;
    }

  private:
    Time last_{};
    Time spacing_ = kQuiet;
};

}  // namespace v1
}  // namespace leat
