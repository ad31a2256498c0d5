#include "route/parts.hpp"

#include <utility>

namespace leat::route {

leat_instance* Parts::use(const std::string& backend, const Make& make, std::string& error) {
    auto& part = parts_[backend];
    if (!part) {
        auto made = std::make_shared<Part>();
        made->instance = make(error);
        if (!made->instance) {
            parts_.erase(backend);
            return nullptr;
        }
        made->instance->on_state = [part = made.get()](leat_instance& instance) {
            for (auto& [who, told] : part->watchers) told(instance);
        };
        part = made;
        part->instance->start(nullptr);
    }
    ++part->users;
    return part->instance.get();
}

void Parts::release(const std::string& backend, std::function<void()> done) {
    const auto found = parts_.find(backend);
    if (found == parts_.end() || --found->second->users > 0) return done();
    // Out of the map at once: a new user gets a new part.
    const std::shared_ptr<Part> part = std::move(found->second);
    parts_.erase(found);
    part->instance->on_stopped = [part, done = std::move(done)](leat_instance& instance) {
        instance.shard->post([part, done] {
            part->instance.reset();
            done();
        });
    };
    part->instance->stop();
}

leat_instance* Parts::find(const std::string& backend) const {
    const auto found = parts_.find(backend);
    return found == parts_.end() ? nullptr : found->second->instance.get();
}

void Parts::watch(const std::string& backend, const void* who, std::function<void(leat_instance&)> on_state) {
    if (const auto found = parts_.find(backend); found != parts_.end())
        found->second->watchers[who] = std::move(on_state);
}

void Parts::unwatch(const std::string& backend, const void* who) {
    if (const auto found = parts_.find(backend); found != parts_.end()) found->second->watchers.erase(who);
}

}  // namespace leat::route
