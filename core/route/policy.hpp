// The failure policy of what learns of failures later: a sink, an asynchronous stage. It sits directly above,
// replaces the receipts by its own and keeps the messages until they are settled; about 5 ns a message.
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

    uint64_t stale() const { return stale_; }                   ///< settlements of no message in flight; ignored
    const leat_histogram& latency() const { return latency_; }  ///< from push to settlement below

  private:
    struct Sent {
        leat_message message;
        int64_t time_ns = 0;
        uint64_t order = 0;
        uint64_t trial_lane = 0;  // + 1; 0: its first attempt
        uint32_t attempts = 0;
    };
    struct Settler : leat_settler {
        Policy* owner;
    };

    void settle(const leat_settlement* batch, size_t n);
    void settle_refused(uint64_t token, const leat_settlement& s);
    void try_again(uint64_t lane, Refused&& refused) override;
    void push_on(leat_message* batch, size_t n) override;

    Settler settler_;
    uint64_t order_ = 0;
    uint64_t stale_ = 0;
    Slots<Sent> sent_;
    leat_histogram latency_;
};

}  // namespace leat::route
