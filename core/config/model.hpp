// A configuration as plain data: what read.hpp makes of a document, completed by validate.hpp.
//
// After validate() without errors every `descriptor`, `options` and `compiled` below is set, every name refers to
// something that exists, and nothing needs the JSON any more except to say where a thing stands.
#pragma once

#include <leat/plugin.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/option_set.hpp"

namespace leat::config {

// What a plugin is to make, and with what.
struct Component {
    const leat_descriptor* descriptor = nullptr;
    std::shared_ptr<const OptionSet> options;
    bool is_right = false;           // the plugin was found, and its options are what it declares
    const Node* at = nullptr;        // its object in the document
    std::vector<const Node*> given;  // the members that are the plugin's options
};

struct Template {
    const Node* at = nullptr;  // null: not given
    std::shared_ptr<const leat_template> compiled;
};

struct Condition {
    const Node* at = nullptr;  // null: not given, always holds
    std::shared_ptr<const leat_condition> compiled;
};

struct Backend {
    std::string name;
    std::string plugin;
    Component component;
};

struct Header {
    std::string name;
    Template value;
};

struct Source {
    std::string backend;  // a name in Model::backends
    Component component;
    uint64_t max_in_flight = 0;        // after validate(): never 0
    uint64_t max_in_flight_bytes = 0;  // after validate(): never 0
    Template lane;
};

struct Stage {
    std::string plugin;
    std::string name;  // by default the plugin's; unique among the stages of a route
    Component component;
};

struct Sink {
    std::string backend;
    Component component;
    std::vector<Header> headers;
    std::optional<std::chrono::nanoseconds> max_age;
};

enum class Then : uint8_t { stop, discard, source };

struct Policy {
    uint64_t attempts = 0;  // the first included; 0: for ever
    std::chrono::nanoseconds delay = std::chrono::milliseconds(100);
    std::chrono::nanoseconds max_delay = std::chrono::seconds(30);
    std::optional<Sink> dead_letter;  // tried before `then`
    Then then = Then::stop;
    std::chrono::nanoseconds max_age{0};  // no further attempt for an older message; 0: no limit
    std::chrono::nanoseconds timeout{0};  // no outcome for so long counts as a retry; 0: no limit
    const Node* at = nullptr;             // null: the default policy
};

enum class Drop : uint8_t { newest, oldest };

// A branch that is acknowledged as soon as a message is queued for it.
struct BestEffort {
    uint64_t queue = 0;  // messages, at least 1
    Drop drop = Drop::newest;
};

struct Branch {
    std::string step;  // "to" when the route has one sink, else "to[0]", "to[1]" ...
    Condition condition;
    std::vector<Stage> through;
    Sink sink;
    std::optional<Policy> on_failure;  // replaces the route's for this branch
    std::optional<BestEffort> best_effort;
    const Node* at = nullptr;
};

enum class Match : uint8_t { all, first };
enum class Ack : uint8_t { on_delivery, on_arrival, manual, never };
enum class Ordering : uint8_t { lane, strict, none };

struct Route {
    std::string name;
    Source from;
    std::vector<Stage> through;
    std::vector<Branch> branches;  // at least one
    Match match = Match::all;
    Policy on_failure;
    Ack ack = Ack::on_delivery;
    Ordering ordering = Ordering::lane;
    uint32_t parallel = 1;
    std::chrono::nanoseconds drain_timeout = std::chrono::seconds(30);
    const Node* at = nullptr;
};

enum class LogLevel : uint8_t { debug, info, warning, error };
enum class LogFormat : uint8_t { automatic, text, json };

struct Model {
    std::unique_ptr<const Document> document;  // what every `at` points into
    std::vector<Backend> backends;
    std::vector<Route> routes;
    uint32_t shards = 0;                             // 0: as many as are of use
    std::vector<uint32_t> cpus;                      // shard i runs on cpus[i % size]; empty: where the system likes
    bool busy_poll = false;                          // shards never sleep
    std::vector<std::filesystem::path> plugin_path;  // absolute
    std::optional<LogLevel> log_level;
    std::optional<LogFormat> log_format;

    const Backend* find_backend(std::string_view name) const {
        for (const Backend& backend : backends) {
            if (backend.name == name) return &backend;
        }
        return nullptr;
    }
};

}  // namespace leat::config
