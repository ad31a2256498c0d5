// The failure policy of what learns of failures later: a sink, an asynchronous stage. It sits directly above,
// replaces the receipts by its own and keeps the messages until they are settled; about 5 ns a message.
//
// With a time-out, a message that has no outcome for so long while what is below is up counts as refused for now; its
// late outcome is stale, and it may land twice.
//
// On the shard.
#pragma once
#include "route/lanes.hpp"
#include "runtime/histogram.hpp"

#include <leat/sdk/flow/token.hpp>

namespace leat::route {

class Policy : public HeldLanes {
  public:
    explicit Policy(StepSetup setup);

    ~Policy() override;

    uint64_t stale() const { return stale_; }                   ///< settlements of no message in flight; ignored
    const leat_histogram& latency() const { return latency_; }  ///< from push to settlement below

  private:
    struct Sent {
        leat_message message;
        int64_t time_ns = 0;
        uint64_t order = 0;
        uint64_t trial_lane = 0;      // + 1; 0: its first attempt
        int64_t failed_first_ns = 0;  // of a trial
        uint32_t attempts = 0;
    };
    struct Settler : leat_settler {
        Policy* owner;
    };

    void settle(const leat_settlement* batch, size_t n);
    void settle_refused(uint64_t token, const leat_settlement& s);
    void give_back(const Sent& sent, Refused&& refused);
    void stray();
    void watch_time();
    void look_at_time();
    void time_out(uint64_t token);
    void try_again(uint64_t lane, Refused&& refused) override;
    void push_on(leat_message* batch, size_t n) override;

    Settler settler_;
    uint64_t order_ = 0;
    uint64_t stale_ = 0;
    uint64_t timed_out_ = 0;  // whose late outcome may still come
    bool is_watching_ = false;
    Slots<Sent> sent_;
    leat_histogram latency_;
};

}  // namespace leat::route
