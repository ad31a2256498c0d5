// A route's snapshot in one line for people, and all of it as JSON for machines.
#pragma once

#include <leat/host.hpp>
#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <map>
#include <string>

namespace leat::app {

/// Messages per second of each route between two snapshots.
class Pace {
  public:
    struct Rates {
        double in = 0;   ///< received
        double out = 0;  ///< landed
    };
    /// Takes the next snapshot; of() then speaks of the time since the one before.
    void update(const Snapshot& snapshot);
    Rates of(const std::string& route) const;

  private:
    struct Seen {
        uint64_t received = 0, landed = 0;
        Rates rates;
    };
    std::map<std::string, Seen> seen_;
    std::chrono::steady_clock::time_point time_{};
};

/// "received 20412 = landed 20400 + in flight 12": its terms but for those that are zero.
std::string ledger_text(const LedgerSnapshot& ledger);

/// What is missing from, or too much in, a ledger: "balances", or "DOES NOT BALANCE: 3 of the received are
/// unaccounted for".
std::string balance_text(const LedgerSnapshot& ledger);

/// Why the route is in its state, printable, without the route's own name before it.
std::string reason_text(const RouteView& route);

/// "12/500", or "12" where there is no limit.
std::string in_flight_text(const RouteView& route);

/// A route in one line, without its name.
std::string status_line(const RouteView& route, const Pace::Rates& rates);

nlohmann::json status_json(const RouteView& route, const Pace::Rates& rates);

/// All routes as one line of JSON. `phase`: "running", "draining" or "ended".
std::string status_json_line(const Snapshot& snapshot, const Pace& pace, const std::string& phase);

}  // namespace leat::app
