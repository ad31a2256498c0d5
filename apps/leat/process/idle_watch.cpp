#include "process/idle_watch.hpp"

#include <algorithm>

namespace leat::app {
namespace {

// What may pass between two looks as quiet. When more has passed, this process or the machine stood still, and so may
// have what it watches.
constexpr std::chrono::nanoseconds kLook = std::chrono::milliseconds(400);

}  // namespace

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
    if (!is_quiet)
        quiet_.reset();
    else
        quiet_ = quiet_ ? *quiet_ + std::min<std::chrono::nanoseconds>(snapshot.time - looked_at_, kLook)
                        : std::chrono::nanoseconds(0);
    looked_at_ = snapshot.time;
    return quiet_ && *quiet_ >= limit_;
}

}  // namespace leat::app
