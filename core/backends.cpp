#include "backends.hpp"

#include "runtime/services.hpp"

#include <leat/sdk/services.hpp>

#include <utility>

namespace leat {
namespace {

// What a creator said, or that it said nothing.
std::string reason(Text& error, const std::string& who) {
    return who + ": " + (error.view().empty() ? "the plugin does not say why" : std::string(error.view()));
}

// What is wrong with a component; nothing: it is whole. inlet_wanted  it receives messages.
std::string wrong(const leat_component& c, bool inlet_wanted) {
    if (!LEAT_HAS(&c, leat_component, extension)) return "is smaller than the first version of the interface has it";
    if (!c.start || !c.stop || !c.destroy) return "lacks start, stop or destroy";
    if (inlet_wanted && (!c.inlet || !c.inlet->push || !c.inlet->signal))
        return "lacks an inlet with push and signal";
    if (c.flow && !LEAT_HAS(c.flow, leat_flow, stale)) return "counts in a leat_flow that is too small";
    return {};
}

// Takes what a creator gave; false, with the reason, when it is none or not whole. What is too small is left alone:
// it cannot even be asked to go.
bool accept(leat_instance& made, leat_component* component, bool inlet_wanted, Text& said, std::string& error) {
    if (!component) {
        error = reason(said, made.label);
        return false;
    }
    if (const std::string why = wrong(*component, inlet_wanted); !why.empty()) {
        error = made.label + ": what the plugin made " + why;
        return false;
    }
    made.take(component);
    return true;
}

}  // namespace

std::unique_ptr<runtime::Identity> identity_of(const route::RoutePlan& route, uint32_t role,
                                               const std::string& backend, const std::string& step) {
    auto identity = std::make_unique<runtime::Identity>(role, backend, route.name, step);
    leat_identity& c = identity->c;
    c.shard = route.shard;
    c.replica = route.replica;
    c.replicas = route.replicas;
    if (route.ordered) c.flags |= LEAT_IDENTITY_ORDERED;
    if (role == LEAT_ROLE_SOURCE) {
        c.max_in_flight = route.max_in_flight;
        c.max_in_flight_bytes = route.max_in_flight_bytes;
        if (route.lane) c.flags |= LEAT_IDENTITY_LANES_MAPPED;
        if (route.ack == route::AckWhen::never) c.flags |= LEAT_IDENTITY_NO_COMMIT;
    }
    if (role == LEAT_ROLE_SINK && route.strict) c.flags |= LEAT_IDENTITY_STRICT;
    return identity;
}

Backends::~Backends() {
    for (auto& [name, made] : backends_) {
        if (made.backend) made.backend->destroy(made.backend);
    }
}

std::unique_ptr<leat_instance> Backends::instance(runtime::Shard* shard,
                                                  std::unique_ptr<runtime::Identity> identity) const {
    auto made = std::make_unique<leat_instance>(shard, std::move(identity), log_);
    made->reread = reread_;
    return made;
}

std::string Backends::add(const BackendPlan& plan) {
    Made& made = backends_[plan.name];
    made.instance = instance(nullptr, std::make_unique<runtime::Identity>(LEAT_ROLE_BACKEND, plan.name, "", ""));
    Text error(runtime::services());
    made.backend = plan.descriptor->create_backend(runtime::services(), made.instance.get(),
                                                   &made.instance->identity->c, plan.options, error.get());
    if (!made.backend) return reason(error, made.instance->label);
    if (LEAT_HAS(made.backend, leat_backend, destroy) && made.backend->destroy) return {};
    made.backend = nullptr;  // left alone: it cannot even be asked to go
    return made.instance->label + ": what the plugin made is smaller than the first version of the interface has it";
}

std::unique_ptr<leat_instance> Backends::source(runtime::Shard& shard, const route::RoutePlan& route,
                                                std::string& error) {
    leat_backend* backend = backends_.at(route.from_backend).backend;
    auto made = instance(&shard, identity_of(route, LEAT_ROLE_SOURCE, route.from_backend, "from"));
    Text why(runtime::services());
    leat_component* component =
        backend->create_source(backend, made.get(), &made->identity->c, route.from_options, why.get());
    return accept(*made, component, false, why, error) ? std::move(made) : nullptr;
}

std::unique_ptr<leat_instance> Backends::stage(runtime::Shard& shard, const route::RoutePlan& route,
                                               const route::StagePlan& stage, const std::string&,
                                               std::string& error) {
    auto made = instance(&shard, identity_of(route, LEAT_ROLE_STAGE, "", stage.name));
    if (route.ack == route::AckWhen::manual && (stage.descriptor->flags & LEAT_STAGE_SETTLES)) {
        made->identity->c.flags |= LEAT_IDENTITY_MANUAL;
    }
    Text why(runtime::services());
    leat_component* component =
        stage.descriptor->create_stage(runtime::services(), made.get(), &made->identity->c, stage.options, why.get());
    return accept(*made, component, true, why, error) ? std::move(made) : nullptr;
}

std::unique_ptr<leat_instance> Backends::sink(runtime::Shard& shard, const route::RoutePlan& route,
                                              const route::SinkPlan& sink, uint32_t role, const std::string& step,
                                              leat_instance* part, std::string& error) {
    leat_backend* backend = backends_.at(sink.backend).backend;
    auto made = instance(&shard, identity_of(route, role, sink.backend, step));
    Text why(runtime::services());
    leat_component* component = backend->create_sink(backend, part ? part->component : nullptr, made.get(),
                                                     &made->identity->c, sink.options, why.get());
    return accept(*made, component, true, why, error) ? std::move(made) : nullptr;
}

bool Backends::has_parts(const std::string& backend) { return backends_.at(backend).backend->create_part != nullptr; }

std::unique_ptr<leat_instance> Backends::part(runtime::Shard& shard, const std::string& backend, std::string& error) {
    leat_backend* made_backend = backends_.at(backend).backend;
    auto identity = std::make_unique<runtime::Identity>(LEAT_ROLE_PART, backend, "", "");
    identity->c.shard = shard.number();
    auto made = instance(&shard, std::move(identity));
    Text why(runtime::services());
    leat_component* component = made_backend->create_part(made_backend, made.get(), &made->identity->c, why.get());
    return accept(*made, component, false, why, error) ? std::move(made) : nullptr;
}

}  // namespace leat
