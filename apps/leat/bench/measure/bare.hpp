// The ceilings of what happens in memory: small loops that do the same work, compiled here, with no router, no plugin
// and no configuration; bare_route.hpp has that of a route. Each runs in a process of its own.
//
//     Sample s = bare_cross(10'000'000, 100);
#pragma once

#include "bench/cases/case.hpp"

#include <cstddef>
#include <cstdint>

namespace leat::bench {

/// Two threads and a ring between them: one stamps and copies, the other reads. The value is messages a second.
Sample bare_cross(uint64_t messages, size_t payload);

struct BareDelay {
    uint64_t messages = 0;
    size_t payload = 100;
    double rate = 1000;    ///< a second, by a schedule that nothing moves
    bool crosses = false;  ///< to a second thread; else it is copied where it is made
    bool sleeps = false;   ///< the second thread waits in poll for an eventfd; else it spins
};

/// The value is the median delay from when a message was due, in us.
Sample bare_delay(const BareDelay& what);

/// A new process of this program that prints its version. The value is milliseconds.
Sample bare_start();

}  // namespace leat::bench
