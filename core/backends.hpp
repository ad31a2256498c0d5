// One object for each configured backend, made once per process; from them come the components of the routes.
//
// Made and destroyed by the main thread; make components on shards, several at once.
#pragma once
#include "route/makers.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace leat {

struct BackendPlan {
    std::string name;
    const leat_descriptor* descriptor = nullptr;
    const leat_value* options = nullptr;
};

class Backends final : public route::Makers {
  public:
    Backends(runtime::Log log, runtime::Reread reread) : log_(std::move(log)), reread_(std::move(reread)) {}
    Backends(const Backends&) = delete;
    Backends& operator=(const Backends&) = delete;
    ~Backends() override;

    /// Makes a backend. Empty, or why it cannot be made.
    std::string add(const BackendPlan& plan);

    std::unique_ptr<leat_instance> source(runtime::Shard& shard, const route::RoutePlan& route,
                                          std::string& error) override;
    std::unique_ptr<leat_instance> stage(runtime::Shard& shard, const route::RoutePlan& route,
                                         const route::StagePlan& stage, const std::string& branch,
                                         std::string& error) override;
    std::unique_ptr<leat_instance> sink(runtime::Shard& shard, const route::RoutePlan& route,
                                        const route::SinkPlan& sink, uint32_t role, const std::string& step,
                                        leat_instance* part, std::string& error) override;
    bool has_parts(const std::string& backend) override;
    std::unique_ptr<leat_instance> part(runtime::Shard& shard, const std::string& backend,
                                        std::string& error) override;

  private:
    struct Made {
        std::unique_ptr<leat_instance> instance;
        leat_backend* backend = nullptr;
    };
    std::unique_ptr<leat_instance> instance(runtime::Shard* shard, std::unique_ptr<runtime::Identity> identity) const;

    runtime::Log log_;
    runtime::Reread reread_;
    std::map<std::string, Made> backends_;
};

/// Who a source, sink or stage of a route is; also what checks are told.
std::unique_ptr<runtime::Identity> identity_of(const route::RoutePlan& route, uint32_t role,
                                               const std::string& backend, const std::string& step);

}  // namespace leat
