#include "process/idle_watch.hpp"

namespace leat::app {

bool IdleWatch::is_over(const Snapshot& snapshot) {
    uint64_t received = 0;
    bool is_quiet = true;
    for (const RouteView& route : snapshot.routes) {
        received += route.ledger.received;
        const bool has_ended = route.state == "failed" || route.state == "stopped";
        if (route.ledger.in_flight > 0 || (!has_ended && route.state != "running")) is_quiet = false;
    }
    if (received != received_) is_quiet = false;
    received_ = received;
    if (!is_quiet) {
        quiet_since_.reset();
        return false;
    }
    if (!quiet_since_) quiet_since_ = snapshot.time;
    return snapshot.time - *quiet_since_ >= limit_;
}

}  // namespace leat::app
