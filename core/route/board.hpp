// How the routes are doing, asked on their shards: what the live table, the logs and embedders are shown.
//
//     Board board;
//     board.put(shard, route);            // each replica
//     for (const RouteSnapshot& s : board.look()) ...
//
// One thread at a time.
#pragma once
#include "route/route.hpp"
#include "runtime/shard.hpp"

#include <future>
#include <vector>

namespace leat::route {

class Board {
  public:
    void put(runtime::Shard& shard, Route& route) { places_.push_back({&shard, &route, {}}); }
    void clear() { places_.clear(); }

    /// One for each name, by name; replicas are added up, and the state is that of the worst. A shard that a plugin
    /// blocks does not block who looks: its routes are shown as they were last, and say so.
    std::vector<RouteSnapshot> look();
    /// Likewise, but waits for every answer: the last word on routes that have drained.
    std::vector<RouteSnapshot> look_finally();

  private:
    struct Place {
        runtime::Shard* shard;
        Route* route;
        RouteSnapshot last;
    };
    using Answers = std::vector<std::future<RouteSnapshot>>;

    Answers ask() const;
    std::vector<RouteSnapshot> sums() const;

    std::vector<Place> places_;
};

}  // namespace leat::route
