#include "route/parts.hpp"

#include <utility>

namespace leat::route {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

}  // namespace

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

void Parts::release(const std::string& backend, std::function<void(bool)> done) {
    const auto found = parts_.find(backend);
    if (found == parts_.end() || --found->second->users > 0) return done(true);
    // Out of the map at once: a new user gets a new part.
    const std::shared_ptr<Part> part = std::move(found->second);
    parts_.erase(found);
    runtime::Shard& shard = *part->instance->shard;
    const auto told = std::make_shared<std::function<void(bool)>>(std::move(done));
    const uint64_t timer = shard.timers().start(kPatience, [part, told] {
        new std::shared_ptr<Part>(part);  // NOLINT: leaked on purpose
        part->instance->on_stopped = nullptr;
        part->instance->log(LEAT_LOG_ERROR, part->instance->label,
                            "does not stop; it is left alone until the process ends");
        std::exchange(*told, nullptr)(false);
    });
    part->instance->on_stopped = [part, told, timer](leat_instance& instance) {
        instance.shard->timers().cancel(timer);
        instance.shard->post([part, told] {
            part->instance.reset();
            std::exchange(*told, nullptr)(true);
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
