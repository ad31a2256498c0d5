// The failure policy of what learns of failures later: a sink, an asynchronous stage. It sits directly above,
// replaces the receipts by its own and keeps the messages until they are settled; about 5 ns a message.
//
// With a time-out, a message that has no outcome for so long while what is below is up counts as refused for now; its
// late outcome is stale, and it may land twice.
//
// On the shard.
#pragma once
#include "route/lanes.hpp"
#include "route/sent.hpp"
#include "runtime/histogram.hpp"

#include <unordered_map>

namespace leat::route {

class Policy : public HeldLanes {
  public:
    explicit Policy(StepSetup setup);

    ~Policy() override;

    uint64_t stale() const { return stale_; }                   ///< settlements of no message in flight; ignored
    const leat_histogram& latency() const { return latency_; }  ///< from push to settlement below

  private:
    struct Trial {  // of a message that was refused before
        uint64_t order = 0;
        uint64_t lane = 0;
        int64_t failed_first_ns = 0;
        uint32_t attempts = 0;
    };
    struct Settler : leat_settler {
        Policy* owner;
    };

    void settle(const leat_settlement* batch, size_t n);
    size_t settle_run(const leat_settlement* batch, size_t n, Settlements& up);
    void settle_one(const leat_settlement& s, Settlements& up);
    void give_back(uint64_t token, Refused&& refused);
    size_t keep(leat_message* batch, size_t n, int64_t now_ns);
    size_t refuse_oversized(leat_message* batch, size_t n);
    void stray();
    void watch_time();
    void look_at_time();
    void time_out(uint64_t token);
    void try_again(uint64_t lane, Refused&& refused) override;
    void push_on(leat_message* batch, size_t n) override;

    Settler settler_;
    uint64_t stale_ = 0;
    uint64_t timed_out_ = 0;  // whose late outcome may still come
    bool is_watching_ = false;
    Sent sent_;
    std::unordered_map<uint64_t, Trial> trials_;  // by token: what is below for the second time or more
    int64_t now_ns_ = 0;                          // of the batch of outcomes in hand
    leat_histogram latency_;
};

}  // namespace leat::route
