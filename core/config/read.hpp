// From a document to the model: everything that can be said without knowing any plugin.
//
//   Report report("bridge.json");
//   std::unique_ptr<Model> model = read_configuration("bridge.json", report);
//   if (model) validate(*model, plugins, report);
//   std::cerr << report.text();
#pragma once

#include <filesystem>
#include <memory>

#include "config/model.hpp"
#include "config/substitute.hpp"

namespace leat::config {

class Report;

// What the core itself understands at each place; all else there is a plugin's option.
inline constexpr const char* kRootKeys[] = {"backends", "routes",      "include", "defaults",
                                            "shards",   "plugin_path", "log",     "$schema"};
inline constexpr const char* kBackendKeys[] = {"plugin", "for_each"};
inline constexpr const char* kSourceKeys[] = {"backend", "max_in_flight", "max_in_flight_bytes", "lane"};
inline constexpr const char* kStageKeys[] = {"plugin", "name"};
inline constexpr const char* kSinkKeys[] = {"backend", "headers", "max_age"};
inline constexpr const char* kBranchKeys[] = {"backend", "headers",    "max_age",    "if",
                                              "through", "on_failure", "best_effort"};
inline constexpr const char* kRouteKeys[] = {"from", "through",  "to",       "match",         "on_failure",
                                             "ack",  "ordering", "parallel", "drain_timeout", "for_each"};
inline constexpr const char* kPolicyKeys[] = {"attempts", "delay",       "max_delay", "max_age",
                                              "timeout",  "dead_letter", "then"};
inline constexpr const char* kBestEffortKeys[] = {"queue", "drop"};
inline constexpr const char* kShardKeys[] = {"count", "cpus", "busy_poll"};

// Null after syntax errors; otherwise a model, of which parts are missing when the report has errors.
std::unique_ptr<Model> read_configuration(const std::filesystem::path& file, Report& report);

// The same from a document that was parsed already; it can include no other.
std::unique_ptr<Model> read_model(std::unique_ptr<Document> document, const Environment& environment, Report& report);

// The same from one that was composed already.
std::unique_ptr<Model> read_composed(std::unique_ptr<Document> document, Report& report);

}  // namespace leat::config
