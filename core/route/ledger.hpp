// The ledger: received = landed + filtered + discarded + dead-lettered + returned + in flight, always.
#pragma once
#include <leat/plugin.h>

#include <cstdint>
#include <string>

namespace leat::route {

struct Ledger {
    uint64_t received = 0;
    uint64_t landed = 0;
    uint64_t filtered = 0;
    uint64_t discarded = 0;
    uint64_t dead_lettered = 0;
    uint64_t returned = 0;
    uint64_t in_flight = 0;

    Ledger() = default;
    explicit Ledger(const leat_flow& flow)
        : received(flow.emitted),
          landed(flow.landed),
          filtered(flow.filtered),
          discarded(flow.discarded),
          dead_lettered(flow.dead_lettered),
          returned(flow.returned),
          in_flight(flow.emitted - flow.settled) {}

    bool balances() const { return received == landed + filtered + discarded + dead_lettered + returned + in_flight; }
    void add(const Ledger& other) {
        received += other.received;
        landed += other.landed;
        filtered += other.filtered;
        discarded += other.discarded;
        dead_lettered += other.dead_lettered;
        returned += other.returned;
        in_flight += other.in_flight;
    }
    /// "received 10 = landed 8 + filtered 1 + ... + in flight 1".
    std::string text() const;
};

}  // namespace leat::route
