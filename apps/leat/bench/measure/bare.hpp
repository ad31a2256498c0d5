// The ceilings of what happens in memory: small loops that do the same work, compiled here, with no router, no plugin
// and no configuration; bare_route.hpp has that of a route. Each runs in a process of its own.
//
//     Sample s = bare_cross({.messages = 10'000'000});
#pragma once

#include "bench/cases/case.hpp"

#include <cstddef>
#include <cstdint>

namespace leat::bench {

struct BareCross {
    uint64_t messages = 0;
    size_t payload = 100;
    uint64_t writers = 1, readers = 1;  ///< each with a count of its own, in turn on one thread, batch by batch
    uint64_t window = 0;                ///< on their way at most; 0: as many as the ring holds
};

/// Two threads and a ring between them: one stamps and copies, the other reads. The value is messages a second.
Sample bare_cross(const BareCross& what);

struct BareTopics {
    uint64_t messages = 0;
    size_t payload = 24;
    uint64_t topics = 1, kept = 1;  ///< kept of each topic: the newest
};

/// One thread that makes the name of a topic, looks it up in a hash table and copies a message to what it finds
/// there; a topic comes to be with its first message. The value is messages a second.
Sample bare_topics(const BareTopics& what);

/// Messages as they lie in memory at least, each with its payload: one behind the other, or each payload allocated
/// for itself. The value is bytes for each beside the payload.
Sample bare_held(uint64_t messages, size_t payload, bool is_apart);

/// The value is bytes for each topic of bare_topics that has one message.
Sample bare_topic_held(uint64_t topics, size_t payload);

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

/// A thread that is made, makes a message and hands it to a second one that is made for it. The value is
/// milliseconds.
Sample bare_threads_start();

}  // namespace leat::bench
