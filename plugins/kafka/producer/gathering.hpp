// When the messages that wait in a producer are sent: at once while few come, together while many do.
//
//     gathering.came();   // a message
//     if (gathering.holds(waiting.size(), unreported, now_ns)) return ask_again_after(gathering.left_ns(now_ns));
//     ... send them ...
//     gathering.sent(n, now_ns);
//
// A request costs the broker as much as a hundred small messages. librdkafka, told not to linger, makes one for each
// partition whenever the one before it is answered, which under load is every millisecond, with what has come in it.
// Here the first kFree messages of a period go at once; those behind them gather until it ends. So at a steady rate
// of less than kFree / kPeriod, 64,000/s, nothing waits. Behind a burst of more, and above that rate, nothing waits
// longer than a period, which is less than what librdkafka lingers by default.
//
// A source whose window is smaller than what is gathered waits for us: when it says that it can send nothing more,
// and nothing is on its way whose landing would let it, all goes. Without clock or timer of its own; on the shard.
#pragma once
#include <cstddef>
#include <cstdint>

namespace kafka {

class Gathering {
  public:
    static constexpr size_t kFree = 256;              ///< messages of a period that go at once
    static constexpr size_t kMost = 2048;             ///< never wait for more
    static constexpr int64_t kPeriod_ns = 4'000'000;  ///< nor longer

    /// is_on  false: nothing ever waits
    explicit Gathering(bool is_on) : is_on_(is_on) {}

    void came() { is_starved_ = false; }  // hot: per message
    /// Those who send wait for what they have sent to land (LEAT_SIGNAL_FLUSH).
    void starved() { is_starved_ = true; }

    /// Whether `waiting` messages are to wait for more, for at most left_ns().
    /// unreported  how many are on their way
    bool holds(size_t waiting, size_t unreported, int64_t now_ns) const {
        if (is_starved_ && unreported == 0) return false;
        return is_on_ && sent_ >= kFree && waiting < kMost && now_ns < end_ns_;
    }
    int64_t left_ns(int64_t now_ns) const { return end_ns_ - now_ns; }

    /// n messages were sent, of those that waited.
    void sent(size_t n, int64_t now_ns) {
        if (sent_ >= kFree || now_ns >= end_ns_) {
            sent_ = 0;
            end_ns_ = now_ns + kPeriod_ns;
        }
        sent_ += n;
    }

  private:
    const bool is_on_;
    bool is_starved_ = false;
    size_t sent_ = 0;     // in this period
    int64_t end_ns_ = 0;  // of it
};

}  // namespace kafka
