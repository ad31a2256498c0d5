// When to send a PINGREQ, and when a silent broker counts as dead.
//
// A source out of credit does not read: PINGRESPs then lie behind the backlog in the socket. So while not reading,
// pings go on and nothing is concluded from silence; after reading starts again the broker has a whole interval to be
// heard.
//
//   switch (keep_alive.tick(now)) { case KeepAlive::Action::ping: session.ping(); ... }
//
// No clock of its own: every call is told the time (steady). On the shard only.
#pragma once

#include <algorithm>
#include <chrono>

namespace leat::mqtt {

class KeepAlive {
  public:
    using Time = std::chrono::nanoseconds;

    enum class Action { none, ping, dead };

    /// A connection begins; interval 0: no pings, and silence is never death.
    void start(Time interval, Time now) {
        interval_ = interval;
        sent_ = received_ = reading_since_ = pinged_ = now;
        reading_ = true;
        waiting_ = false;
    }

    void sent(Time now) { sent_ = now; }

    /// Any byte shows that the broker lives.
    void received(Time now) { received_ = now; }

    /// A PINGRESP came.
    void answered() { waiting_ = false; }

    /// Whether the socket is being read.
    void reading(bool on, Time now) {
        if (on && !reading_) reading_since_ = now;
        reading_ = on;
    }

    /// How often tick wants to be called; 0: never.
    [[nodiscard]] Time period() const { return interval_ / 8; }

    /// What is to be done now. After `ping` a PINGREQ is taken as sent.
    Action tick(Time now) {
        if (interval_ == Time::zero()) return Action::none;
        const Time heard = std::max({received_, reading_since_, pinged_});
        if (reading_ && waiting_ && now - heard >= interval_) return Action::dead;
        const Time patience = interval_ * 5 / 8;  // with ticks every 1/8 a ping leaves before 7/8 of the interval
        const bool must_speak = now - sent_ >= patience;
        const bool wants_to_hear = reading_ && !waiting_ && now - received_ >= patience;
        if (!must_speak && !wants_to_hear) return Action::none;
        if (!waiting_) pinged_ = now;
        waiting_ = true;
        sent_ = now;
        return Action::ping;
    }

  private:
    Time interval_{};
    Time sent_{};
    Time received_{};
    Time reading_since_{};
    Time pinged_{};  // the first of the unanswered pings
    bool reading_ = true;
    bool waiting_ = false;
};

}  // namespace leat::mqtt
