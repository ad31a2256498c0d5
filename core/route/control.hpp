// What the elements of a route need from it: its shard, a way to stop it, its log.
#pragma once
#include "runtime/backoff.hpp"
#include "runtime/shard.hpp"

#include <leat/plugin.h>

#include <chrono>
#include <string>

namespace leat::route {

/// One route on one shard, as seen by its elements. On the shard.
class Control {
  public:
    virtual runtime::Shard& shard() = 0;
    /// Stops the route for good, with a reason for people. What is in flight is abandoned, not lost.
    virtual void stop_with(const std::string& reason) = 0;
    virtual void log(uint32_t level, const std::string& text) = 0;
    virtual const std::string& name() const = 0;

  protected:
    ~Control() = default;
};

/// What to do with a message that a step refused.
struct FailurePolicy {
    enum class Then : uint8_t { stop, discard, source };
    uint32_t attempts = 0;  ///< how often a message is tried, the first time included; 0: for ever
    runtime::Backoff backoff;
    Then then = Then::stop;               ///< after the last attempt or a reject, where there is no dead letter
    std::chrono::nanoseconds max_age{0};  ///< no further attempt for a message older than this; 0: no limit
    std::chrono::nanoseconds timeout{0};  ///< no outcome from below for so long counts as a retry; 0: no limit
};

/// A message that its step refused: as it was received, with its receipt and one buffer reference.
struct Refused {
    leat_message message;
    uint32_t outcome = LEAT_RETRY;
    std::string reason;
    int64_t retry_after_ns = 0;
    uint64_t order = 0;     ///< place among the messages of the step
    uint32_t attempts = 1;  ///< how often it was tried
    bool given_up = false;
    bool held = false;  ///< nothing wrong with it: it came back from behind a refused one
    int64_t due_ns = 0;
    int64_t failed_first_ns = 0;  ///< steady; 0: not yet taken over
};

}  // namespace leat::route
