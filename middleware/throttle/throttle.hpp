// Messages at a rate: what comes faster waits.
#pragma once
#include "holding/id_table.hpp"
#include "holding/postponer.hpp"
#include "holding/sift.hpp"

namespace leat::throttle {

/// When the next message may go, by the generic cell rate algorithm [ITU-T I.371]: one number for each rate.
class Pace {
  public:
    /// interval  nanoseconds between two messages; burst  how many may go at once after a pause, at least 1.
    struct Limit {
        int64_t interval = 0;
        int64_t slack = 0;  // interval * (burst - 1)
    };
    /// Takes the place of one message that comes at `now`; returns when it may go.   // hot: per message
    int64_t take(int64_t now, const Limit& limit) {
        const int64_t due = next_ - limit.slack > now ? next_ - limit.slack : now;
        next_ = (next_ > now ? next_ : now) + limit.interval;
        return due;
    }
    void reset() { next_ = 0; }

  private:
    int64_t next_ = 0;  // when the next one would go without any burst
};

class Throttle : public holding::Postponer {
  public:
    Rate rate;
    uint32_t burst = 1;
    Template key;
    uint32_t keys = 100'000;

    static auto options() {
        return leat::options(
            option<&Throttle::rate>("rate", "Messages that pass; 0: no limit.").required().example("\"100/s\""),
            option<&Throttle::burst>("burst", "How many may pass at once after a pause.").range(1, 1e9),
            option<&Throttle::key>("key", "Gives each value of this its own rate and burst.").example("\"${key}\""),
            option<&Throttle::keys>("keys",
                                    "How many values of key are kept at most; the one not seen for longest is "
                                    "forgotten, and begins anew with its burst.")
                .range(1, 1e8)
                .advanced());
    }

    void open() override;

  protected:
    void take(leat_message* all, size_t n) override;

  private:
    Pace& pace_of(leat_bytes key);

    Pace::Limit limit_;
    Pace pace_;
    holding::Fingerprints fingerprints_;
    holding::IdTable<Pace> paces_;
};

}  // namespace leat::throttle
