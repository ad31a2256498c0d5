// Whether packets come so close together that it pays to let some gather before the next read.
//
//   pace.read(now);                    // a read gave something
//   pace.packet();                     // for each packet of it
//   if (pace.is_fast()) pause();       // when they are used up
//
// Brokers write each packet with a system call of its own. Whoever wakes and answers for each pays microseconds a
// message and slows the broker down; a pause takes in many at once. But below some ten thousand a second that saves
// next to nothing, and each message that comes in a pause waits. So the mean distance of the last packets decides; a
// burst after a quiet time does not. No clock of its own. On the shard only.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace leat::mqtt {

class Pace {
  public:
    using Time = std::chrono::nanoseconds;

    /// Packets that come closer than this, on average, are worth a pause: 10,000 a second.
    static constexpr Time kClose = std::chrono::microseconds(100);

    /// A quiet time counts as this much at most, so that a stream is found fast after some forty reads.
    static constexpr Time kQuiet = std::chrono::milliseconds(10);

    /// A connection begins: nothing is known.
    void start(Time now) {
        last_ = now;
        spacing_ = kQuiet;
        packets_ = 0;
    }

    /// What came with the last read stands for the time until this one.
    void read(Time now) {
        const Time mean = (now - last_) / std::max<std::int64_t>(packets_, 1);
        spacing_ += (std::min(mean, kQuiet) - spacing_) / 8;
        last_ = now;
        packets_ = 0;
    }

    void packet() { ++packets_; }  // hot: per message

    [[nodiscard]] bool is_fast() const { return spacing_ < kClose; }

    /// How long packets of a fast stream may gather: `most`, but no longer than a quarter of those `awaited` takes,
    /// so that whoever sends more for each of them has something to do meanwhile.
    [[nodiscard]] Time pause(Time most, std::size_t awaited) const {
        const auto some = static_cast<std::int64_t>(std::min<std::size_t>(awaited, 65'536));
        return std::min(most, spacing_ * some / 4);
    }

    /// When the last read was.
    [[nodiscard]] Time last() const { return last_; }

  private:
    Time last_{};
    Time spacing_ = kQuiet;
    std::int64_t packets_ = 0;
};

}  // namespace leat::mqtt
