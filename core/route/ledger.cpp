#include "route/ledger.hpp"

namespace leat::route {

std::string Ledger::text() const {
    return "received " + std::to_string(received) + " = landed " + std::to_string(landed) + " + filtered " +
           std::to_string(filtered) + " + discarded " + std::to_string(discarded) + " + dead-lettered " +
           std::to_string(dead_lettered) + " + returned " + std::to_string(returned) + " + in flight " +
           std::to_string(in_flight);
}

}  // namespace leat::route
