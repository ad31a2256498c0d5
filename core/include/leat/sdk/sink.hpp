// A sink lands messages and settles their receipts when, and only when, they have landed.
//
//     class Mine : public leat::Sink {
//         void push(leat::Batch& batch) override {
//             leat::Settlements done;
//             while (leat_message* m = batch.next()) done.end(*m, write(*m) ? LEAT_ACK : LEAT_RETRY);
//         }
//     };
//
// A lost connection is not an outcome: keep what is unconfirmed and send it again, in order. `retry` is for a refusal
// of this message now, `reject` for one that will never be taken. While stopping, what is pushed is settled ABANDON.
// All calls on the shard.
#pragma once
#include <leat/sdk/flow/component.hpp>
#include <leat/sdk/flow/token.hpp>
#include <leat/sdk/options.hpp>

namespace leat {
inline namespace v1 {

class Sink : public Receiver {
  public:
    void signal(uint32_t, uint64_t) override {}
};

/// What the sinks of a backend share on one shard: a connection, a producer. Started before the first of them,
/// stopped after the last.
class Part : public Component {
  public:
    /// The part behind what the host hands over; nullptr for none.
    static Part* of(leat_component* c) { return c ? static_cast<Part*>(owner(c)) : nullptr; }
};

}  // namespace v1
}  // namespace leat
