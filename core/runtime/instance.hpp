// One component of a plugin in the host: its identity, life, services and metrics. What the C header calls
// leat_instance.
//
// On the component's shard, but for label, log and post (any thread).
#pragma once
#include "runtime/counters.hpp"
#include "runtime/histogram.hpp"
#include "runtime/shard.hpp"
#include "runtime/watches.hpp"

#include <leat/plugin.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace leat::runtime {

/// What a component says of its connection.
struct State {
    uint32_t kind = LEAT_STATE_UP;  ///< LEAT_STATE_...; up until the component says otherwise
    std::string why;
    std::chrono::nanoseconds next_attempt{0};
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
};

/// Who takes messages back that a stage refuses at once: the gate above it.
class FailTaker {
  public:
    virtual void fail(const leat_message& message, uint32_t outcome, uint32_t code, const leat_detail* detail) = 0;

  protected:
    ~FailTaker() = default;
};

/// Writes a log line: level, who, text.                                            [any-thread]
using Log = std::function<void(uint32_t level, const std::string& component, std::string_view text)>;

/// Reads an option's value again, where it came from a file. False: `into` says why.   [any-thread]
using Reread = std::function<bool(const leat_value& value, std::string& into)>;

/// Strings of an identity, owned.
struct Identity {
    Identity(uint32_t role, std::string backend, std::string route, std::string step);
    Identity(const Identity&) = delete;
    Identity& operator=(const Identity&) = delete;

    std::string backend;
    std::string route;
    std::string step;
    leat_identity c{};
    /// "route telemetry, source" and the like, for people.
    std::string label() const;
};

}  // namespace leat::runtime

struct leat_instance {
    leat_instance(leat::runtime::Shard* on, std::unique_ptr<leat::runtime::Identity> who,
                  const leat::runtime::Log& to);
    leat_instance(const leat_instance&) = delete;
    leat_instance& operator=(const leat_instance&) = delete;
    ~leat_instance();

    /// Takes over what create gave. nullptr: it could not be made.
    void take(leat_component* made) { component = made; }
    void start(leat_inlet* next);
    void stop();
    bool is_running() const { return running; }

    leat::runtime::Shard* const shard;  ///< nullptr for a backend, which has no shard
    const std::unique_ptr<leat::runtime::Identity> identity;
    const std::string label;
    const leat::runtime::Log log;
    leat::runtime::Reread reread;
    leat_component* component = nullptr;
    leat::runtime::FailTaker* gate = nullptr;
    leat::runtime::State state;
    std::function<void(leat_instance&)> on_state;    ///< the state changed
    std::function<void(leat_instance&)> on_stopped;  ///< it has stopped; called in a turn of its own
    bool running = false;
    uint64_t life = 0;  ///< counts starts and stops: timers and deferred calls of an earlier one are void
    std::vector<std::shared_ptr<leat_watch>> watches;

    std::mutex metrics_mutex;  ///< guards the two lists, not the cells
    std::vector<std::unique_ptr<leat_counter>> counters;
    std::vector<std::unique_ptr<leat_histogram>> histograms;
};
