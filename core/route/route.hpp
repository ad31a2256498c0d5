// One route on one shard: built, run, drained; its state in words.
//
//     Route route(plan, makers, parts, shard, log);
//     route.build();
//     route.start();
//     route.drain([] { ... });     // when all of it has stopped
//
// On the shard, but for the constructor.
#pragma once
#include "route/ledger.hpp"
#include "route/plan.hpp"
#include "route/wiring.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace leat::route {

enum class RouteState : uint8_t { starting, running, waiting, draining, stopped, failed };

/// The word for a state, as shown.
const char* word(RouteState state);

/// What is shown of a route at one moment.
struct RouteSnapshot {
    std::string name;
    RouteState state = RouteState::starting;
    std::string why;
    std::chrono::steady_clock::time_point since;
    Ledger ledger;
    uint64_t span = 0;
    uint64_t bytes = 0;
    uint64_t retries = 0;
    uint64_t waiting = 0;
    uint64_t stale = 0;
    runtime::HistogramReading latency;
    struct Step {
        std::string name;
        uint64_t retries = 0;
        uint64_t waiting = 0;
        runtime::HistogramReading latency;  // empty for steps that refuse at once
    };
    std::vector<Step> steps;
    struct Counter {
        std::string component, name, description;
        uint32_t kind = 0;
        uint64_t value = 0;
    };
    std::vector<Counter> counters;
};

class Route final : private Control {
  public:
    Route(const RoutePlan& plan, Makers& makers, Parts& parts, runtime::Shard& shard, runtime::Log log);
    Route(const Route&) = delete;
    Route& operator=(const Route&) = delete;
    ~Route();

    /// Builds the chain and starts all but the source. A plugin that cannot be made fails this route alone.
    void build();
    /// Starts the source. Once, after build().
    void start();
    /// Stops emitting, waits for what is in flight up to drain_timeout, abandons the rest, stops everything; then
    /// calls done. Called again, or on a route that has stopped: done is called all the same.
    void drain(std::function<void()> done);
    /// Cuts the wait of a drain short.
    void hurry() { deadline_ = std::chrono::steady_clock::now(); }

    RouteSnapshot snapshot() const;
    /// Something did not stop and was left alone: what it uses must stay.
    bool has_leaked() const { return has_leaked_; }
    const std::string& name() const override { return plan_.name; }

  private:
    enum class Phase : uint8_t { running, settling, sinks, stages, source, parts, gone };

    runtime::Shard& shard() override { return shard_; }
    void stop_with(const std::string& reason) override;
    void log(uint32_t level, const std::string& text) override;

    void watch_states();
    void on_state(leat_instance& instance);
    void refresh_state();
    void set_state(RouteState state, std::string why);
    void tell_once(leat_instance& instance);

    std::string left_below() const;
    void add_waived(RouteSnapshot& snapshot) const;
    void settle_down();
    void stop_sinks();
    void stop_next_stage();
    void stop_source();
    void take_down();
    void release_parts(const std::vector<std::string>& parts);
    void finish();
    void await_stop(leat_instance& instance, std::function<void()> then);

    const RoutePlan& plan_;
    Makers& makers_;
    Parts& parts_;
    runtime::Shard& shard_;
    runtime::Log log_;
    Chain chain_;
    RouteState state_ = RouteState::starting;
    std::string why_;
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
    std::string failure_;  // why stop_with was called
    Phase phase_ = Phase::running;
    bool was_built_ = false;
    std::chrono::steady_clock::time_point deadline_{};
    std::vector<std::function<void()>> done_;
    size_t waiting_for_ = 0;
    RouteSnapshot last_;
    bool has_leaked_ = false;
    std::set<const leat_instance*> left_alone_;      // stages that were asked to stop
    std::map<const leat_instance*, uint32_t> told_;  // the state last logged
};

}  // namespace leat::route
