// How far a broker sends ahead of our acknowledgements, learned from where it stops: no broker says so, and it need
// not be what our Receive Maximum allows (Mosquitto: 20 messages by default).
//
//   pause = pace.pause(most, ahead.left(unacknowledged));   // how many may come before it stops
//   ahead.stalled();                                         // the pause brought nothing: it waits, or has no more
//
// Whoever sends more than that refutes it. On the shard only.
#pragma once

#include <cstddef>

namespace leat::mqtt {

class Ahead {
  public:
    /// No end is known.
    static constexpr std::size_t kUnknown = ~std::size_t{0};

    /// A connection begins.
    void start() { *this = {}; }

    /// What the broker sends while no acknowledgement leaves; so many messages are unacknowledged.
    [[nodiscard]] std::size_t left(std::size_t unacknowledged) {
        asked_with_ = unacknowledged;
        if (unacknowledged > limit_) limit_ = kUnknown;  // it had nothing more to send then
        return limit_ == kUnknown ? kUnknown : limit_ - unacknowledged;
    }

    /// Nothing came for a pause since left(), in which no acknowledgement left.
    void stalled() {
        if (asked_with_ != 0) limit_ = asked_with_;
    }

  private:
    std::size_t limit_ = kUnknown;
    std::size_t asked_with_ = 0;
};

}  // namespace leat::mqtt
