#include "runtime/instance.hpp"

#include <utility>

namespace leat::runtime {

Identity::Identity(uint32_t role, std::string of_backend, std::string of_route, std::string of_step)
    : backend(std::move(of_backend)), route(std::move(of_route)), step(std::move(of_step)) {
    c.size = sizeof c;
    c.role = role;
    c.replicas = 1;
    c.backend = backend.c_str();
    c.route = route.c_str();
    c.step = step.c_str();
}

std::string Identity::label() const {
    std::string text = route.empty() ? "backend " + backend : "route " + route;
    switch (c.role) {
        case LEAT_ROLE_BACKEND:
            break;
        case LEAT_ROLE_PART:
            text += ", sinks of shard " + std::to_string(c.shard);
            break;
        case LEAT_ROLE_SOURCE:
            text += ", source " + backend;
            break;
        case LEAT_ROLE_DEAD_LETTER:
            text += ", dead letter " + backend;
            break;
        case LEAT_ROLE_SINK:
            text += ", " + step + " " + backend;
            break;
        default:
            text += ", stage " + step;
    }
    if (c.replicas > 1) text += " #" + std::to_string(c.replica);
    return text;
}

}  // namespace leat::runtime

leat_instance::leat_instance(leat::runtime::Shard* on, std::unique_ptr<leat::runtime::Identity> who,
                             const leat::runtime::Log& to)
    : shard(on), identity(std::move(who)), label(identity->label()), log(to) {}

leat_instance::~leat_instance() {
    running = false;
    for (const auto& watch : watches) watch->end();
    if (shard) shard->timers().cancel_all(this);
    if (component) component->destroy(component);
}

void leat_instance::start(leat_inlet* next) {
    running = true;
    ++life;
    state = {};
    component->start(component, next);
}

void leat_instance::stop() { component->stop(component); }
