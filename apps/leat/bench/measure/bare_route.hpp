// The bare prototype of a route: what one core can do at best when batches go from function pointer to function
// pointer and each message is acknowledged, with no host, no plugin and no configuration. It runs in a process of its
// own.
//
//     Sample s = bare_route({.messages = 10'000'000, .payload = 100, .stages = 2, .topics = 2});
#pragma once

#include "bench/cases/case.hpp"

#include <cstddef>
#include <cstdint>

namespace leat::bench {

struct BareRoute {
    uint64_t messages = 0;
    size_t payload = 100;  ///< bytes
    size_t stages = 0;     ///< function pointers that look at each message, one behind the other
    size_t topics = 0;     ///< rings on the way; each message and its payload is copied into each
    bool reads = true;     ///< from the last topic; else what is in there is not looked at
    bool keeps = false;    ///< the topics keep all, in memory that is first touched then
    size_t batch = 256;
    size_t routes = 1;   ///< such routes, which share the messages and take turns batch by batch
    size_t threads = 1;  ///< so many of all that, at once; they share the messages
};

/// Payloads are stamped, and the messages emitted with a token each: hop by hop through a ring, from which they are
/// emitted anew with tokens of that hop. The stages stand behind the first ring, or behind the maker where there is
/// none. What takes them, a ring or a reader that looks at each number, tells the settler of their receipts that they
/// have landed: it marks them in a bitmap and moves a watermark, which must come to the end. The value is messages a
/// second.
Sample bare_route(const BareRoute& what);

}  // namespace leat::bench
