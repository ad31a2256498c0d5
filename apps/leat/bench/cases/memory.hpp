// What can be measured with no broker: the backend memory, the routes themselves, and the stages that are found.
#pragma once

#include "bench/cases/case.hpp"

#include <set>
#include <string>
#include <vector>

namespace leat::bench {

/// What the cases need to know.
struct Bench {
    const Workshop& shop;
    Effort effort;
    std::set<std::string> stages;  ///< those that are found
};

using Cases = std::vector<Case>;

/// Categories publish, consume and ack of the backend memory.
void add_memory_cases(const Bench& bench, Cases& into);
/// Categories routes, plugin_call and concurrency, with no broker.
void add_route_cases(const Bench& bench, Cases& into);
/// Category features: what each stage and each policy adds to a route.
void add_feature_cases(const Bench& bench, Cases& into);
/// Categories startup and memory.
void add_process_cases(const Bench& bench, Cases& into);

inline constexpr size_t kPayloads[] = {64, 256, 1024, 4096, 16384};  ///< bytes, of curves by payload
/// "100 B", "4 KiB"
std::string size_text(size_t bytes);

/// Parts of configurations. `more` is merged into them.
Json generate(const Json& more);
Json memory_backend(const Json& more = Json::object());
/// A sink that counts what comes, and whether anything is missing or out of order.
Json measuring(const Json& more = Json::object());
Json configuration(Json backends, Json routes, Json shards = 1);
/// A route from `from` through `through` to `to`.
Json route(Json from, Json to, Json through = Json::array());

}  // namespace leat::bench
