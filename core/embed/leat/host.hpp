// libleat's door: load a configuration, check it, run its routes, drain them, look at them.
//
//     leat::Host host({.plugin_dirs = {}, .log = my_log});
//     leat::Findings found = host.load("bridge.json");
//     if (found.has_errors()) { print(found); return 2; }
//     host.run();
//     ... host.snapshot() ...
//     host.drain();
//
// One thread at a time calls it, but for snapshot() and hurry(), which any thread may call while the host runs.
// Nothing throws but std::bad_alloc and what the log function throws.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat {

enum class Level : uint8_t { debug, info, warning, error };

struct HostSettings {
    std::vector<std::string> plugin_dirs;  ///< searched before LEAT_PLUGIN_PATH and ../lib/leat/plugins
    /// One line for people. From any thread, several at once.
    std::function<void(Level level, const std::string& component, std::string_view text)> log;
};

/// What a check found, in the order of the file.
struct Finding {
    enum class Kind : uint8_t { error, warning, good };
    Kind kind;
    std::string text;  ///< "bridge.json:12: /routes/a/to/topci: unknown option ... (did you mean \"topic\"?)"
};

struct Findings {
    std::vector<Finding> all;
    bool has_errors() const;
};

/// Percentiles in nanoseconds; 0 where nothing was measured.
struct Latency {
    uint64_t p50 = 0, p90 = 0, p99 = 0, p999 = 0, count = 0;
};

/// received = landed + filtered + discarded + dead_lettered + returned + in_flight.
struct LedgerSnapshot {
    uint64_t received = 0, landed = 0, filtered = 0, discarded = 0, dead_lettered = 0, returned = 0, in_flight = 0;
    bool balances() const { return received == landed + filtered + discarded + dead_lettered + returned + in_flight; }
};

struct StepSnapshot {
    std::string name;      ///< a stage's name, or "to", "to[1]"
    uint64_t retries = 0;  ///< attempts after the first
    uint64_t waiting = 0;  ///< refused messages and those held behind them
    Latency latency;       ///< push to settlement; of sinks and asynchronous stages
};

struct CounterSnapshot {
    std::string component, name, description;
    bool is_gauge = false;
    uint64_t value = 0;
};

struct RouteView {
    std::string name;
    std::string state;              ///< starting, running, waiting, draining, stopped, failed
    std::string why;                ///< the reason for people; empty when there is none
    std::chrono::seconds since{0};  ///< how long in that state
    uint32_t replicas = 1;
    LedgerSnapshot ledger;
    uint64_t span = 0;  ///< last emitted - contiguous watermark, the largest
    uint64_t max_in_flight = 0;
    uint64_t bytes = 0;  ///< held by what is in flight
    uint64_t retries = 0;
    uint64_t waiting = 0;
    uint64_t stale = 0;  ///< late or second settlements that were ignored
    Latency latency;     ///< receipt to settlement
    std::vector<StepSnapshot> steps;
    std::vector<CounterSnapshot> counters;
};

struct Snapshot {
    std::chrono::steady_clock::time_point time;
    std::vector<RouteView> routes;  ///< by name; replicas added up
};

struct PluginView {
    std::string name, kind, version, summary, path;
};

/// A message for `leat try`. Absent is not empty.
struct TryMessage {
    std::string topic;
    std::optional<std::string> key, payload;
    std::vector<std::pair<std::string, std::string>> headers;
};

/// What became of a tried message at one place.
struct TryResult {
    std::string where;    ///< "to central", "dead letter central", "filtered by above" ...
    std::string outcome;  ///< "lands", "dropped", "rejected", "retried"
    std::string reason;   ///< of a refusal
    TryMessage message;   ///< as the sink gets it
    std::vector<std::pair<std::string, std::string>> options;  ///< the sink's templates, filled in: topic, key ...
};

/// A dead letter as a redrive found it.
struct DeadLetterView {
    std::string step, reason, attempts, topic, key, time;  ///< as its headers say
    bool is_chosen = false;
    std::string why_not;
};

/// Which dead letters a redrive moves, and how.
struct RedriveSettings {
    std::string route;
    std::string branch;      ///< "to[1]": those of its own on_failure; empty: the route's
    std::string from;        ///< members of the source as JSON, where they cannot be derived from the dead letter
    std::string step;        ///< only those that this step refused; empty: all
    std::string at;          ///< enter at this step; empty: at the one that refused
    std::string condition;   ///< only those for which it holds; empty: all
    std::string rate;        ///< "100/s"; empty: as fast as it goes
    uint64_t limit = 0;      ///< so many at most; 0: all
    bool only_look = false;  ///< send nothing, acknowledge nothing
    std::function<void(const DeadLetterView&)> seen = {};  ///< told of each, on the shard
};

class Host {
  public:
    explicit Host(HostSettings settings);
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    ~Host();  ///< drains what runs

    /// Reads and checks a configuration with its plugins; connects to nothing. Call once.
    Findings load(const std::string& path);
    /// The same, and makes each stage as run() would, and takes it down again.
    Findings check(const std::string& path);
    /// The same, for a route that moves the dead letters of one back to the steps that refused them; then run(). Its
    /// counters "sent", "put_back" and "left" of the component "redrive" say what became of them.
    Findings load_redrive(const std::string& path, const RedriveSettings& settings);
    /// Tries brokers, credentials and topics of a loaded configuration. Takes seconds.
    Findings probe();
    /// The loaded configuration with everything filled in and secrets masked, as JSON.
    std::string resolved() const;
    std::vector<std::string> route_names() const;

    /// Starts the routes, all or only those named. False: one of the names is unknown, or a backend could not be
    /// made; the reason was logged. A route that cannot start is told in its state and does not stop the others.
    bool run(const std::vector<std::string>& only = {});
    /// Stops emitting, waits for what is in flight up to each route's drain_timeout, stops everything. Blocks.
    void drain();
    /// Cuts the waiting of drain() short.                                          [any-thread]
    void hurry();
    Snapshot snapshot() const;  ///<                                                [any-thread]

    /// Sends messages through a route's stages with stand-ins for its sinks, then a flush; no broker is asked. Empty
    /// with `error` set when there is no such route or a plugin cannot be made.
    std::vector<TryResult> try_messages(const std::string& route, const std::vector<TryMessage>& messages,
                                        std::string& error);

    /// Everything found on the search path; `refusals` gets the libraries that cannot be used, and why.
    std::vector<PluginView> plugins(std::vector<std::string>& refusals);
    /// Options and promises of a plugin, for people. Nothing when there is none; `nearest` gets what was meant,
    /// maybe.
    std::optional<std::string> describe(const std::string& plugin, bool as_markdown, std::string& nearest);
    /// The JSON Schema of configurations with all plugins found.
    std::string schema();

    static const char* version();

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace leat
