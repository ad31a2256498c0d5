// The failure policy of a step that refuses at once: a handler, a stage, the fan-out's conditions. It sits directly
// above the step and wraps nothing: the step gives a message back with host->fail inside push.
//
// A stage that held messages back for room gives them back in a turn of its own: their lanes are held at once. At
// rest the gate costs one branch a batch. On the shard.
#pragma once
#include "route/lanes.hpp"
#include "runtime/instance.hpp"

namespace leat::route {

class Gate : public HeldLanes, public runtime::FailTaker {
  public:
    explicit Gate(StepSetup setup) : HeldLanes(std::move(setup)) {}

    void fail(const leat_message& message, uint32_t outcome, uint32_t code, const leat_detail* detail) override;

  private:
    void take_refused();
    void try_again(uint64_t lane, Refused&& refused) override;
    void push_on(leat_message* batch, size_t n) override;
    void signal_on(uint32_t what, uint64_t arg) override;

    int pushing_ = 0;  // depth of pushes and signals into the step
    uint64_t order_ = 0;
    std::vector<Refused> refused_;      // of the current push
    std::vector<leat_message> behind_;  // given back with the code HELD, of the current push
};

}  // namespace leat::route
