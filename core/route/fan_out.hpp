// Sends each message to the branches whose condition holds; the source hears of it when all of them have ended.
//
// A message that no branch wants is filtered. A condition that cannot be told (a value is missing) refuses the
// message: the gate above has the policy. On the shard.
#pragma once
#include "route/gate.hpp"

#include <leat/sdk/flow/join.hpp>
#include <leat/sdk/services.hpp>

#include <vector>

namespace leat::route {

class FanOut {
  public:
    /// only_first  "match": "first": the first branch whose condition holds, instead of all.
    FanOut(Control& route, Gate& gate, bool only_first, bool ordered);

    /// condition  nullptr: takes every message.
    void add(const leat_condition* condition, leat_inlet* branch);
    leat_inlet* inlet() { return &inlet_; }
    uint64_t stale() const { return join_.stale(); }  ///< settlements of no message in flight; ignored

  private:
    struct Branch {
        const leat_condition* condition = nullptr;
        Text scratch;
        leat_inlet* inlet = nullptr;
        std::vector<leat_message> out;  // capacity LEAT_BATCH_MAX
    };
    struct Inlet : leat_inlet {
        FanOut* owner;
    };

    void push(leat_message* batch, size_t n);
    void signal(uint32_t what, uint64_t arg);
    bool choose(const leat_message& message, std::string& why);
    void send(const leat_message& message);
    void put(Branch& branch, const leat_message& message);
    static void flush(Branch& branch);

    Gate& gate_;
    bool only_first_;
    bool ordered_;
    Inlet inlet_;
    Join join_;
    std::vector<Branch> branches_;
    std::vector<Branch*> chosen_;          // for the message at hand
    std::vector<uint32_t> refused_lanes_;  // of the current batch
};

}  // namespace leat::route
