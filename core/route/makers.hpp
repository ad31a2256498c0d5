// How a route gets its components: from the backends and stages of plugins, or, for `leat try`, from stand-ins.
#pragma once
#include "route/plan.hpp"
#include "runtime/instance.hpp"

#include <memory>
#include <string>

namespace leat::route {

class Parts;

/// Makes instances; nullptr with the reason in `error` when a plugin cannot. On the shard, on several at once.
class Makers {
  public:
    virtual ~Makers() = default;
    virtual std::unique_ptr<leat_instance> source(runtime::Shard& shard, const RoutePlan& route,
                                                  std::string& error) = 0;
    virtual std::unique_ptr<leat_instance> stage(runtime::Shard& shard, const RoutePlan& route,
                                                 const StagePlan& stage, const std::string& branch,
                                                 std::string& error) = 0;
    /// role LEAT_ROLE_SINK or LEAT_ROLE_DEAD_LETTER. part nullptr: the backend shares nothing.
    virtual std::unique_ptr<leat_instance> sink(runtime::Shard& shard, const RoutePlan& route, const SinkPlan& sink,
                                                uint32_t role, const std::string& step, leat_instance* part,
                                                std::string& error) = 0;
    virtual bool has_parts(const std::string& backend) = 0;
    virtual std::unique_ptr<leat_instance> part(runtime::Shard& shard, const std::string& backend,
                                                std::string& error) = 0;
};

}  // namespace leat::route
