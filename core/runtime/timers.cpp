#include "runtime/timers.hpp"

#include <algorithm>
#include <utility>

namespace leat::runtime {

uint64_t Timers::start(std::chrono::nanoseconds delay, std::function<void()> fn, const void* owner) {
    const uint64_t id = ++last_id_;
    calls_.emplace(id, Call{std::move(fn), owner});
    heap_.push({Clock::now() + std::max(delay, std::chrono::nanoseconds(0)), id});
    return id;
}

void Timers::cancel_all(const void* owner) {
    std::erase_if(calls_, [owner](const auto& call) { return call.second.owner == owner; });
}

std::optional<std::chrono::nanoseconds> Timers::until_next() {
    while (!heap_.empty() && !calls_.contains(heap_.top().id)) heap_.pop();
    if (heap_.empty()) return std::nullopt;
    return std::max<std::chrono::nanoseconds>(heap_.top().at - Clock::now(), std::chrono::nanoseconds(0));
}

// Those that were started meanwhile wait for the next call, or a timer that starts itself would never end.
void Timers::run_due() {
    const auto now = Clock::now();
    const uint64_t last = last_id_;
    while (!heap_.empty() && heap_.top().at <= now && heap_.top().id <= last) {
        const uint64_t id = heap_.top().id;
        heap_.pop();
        const auto found = calls_.find(id);
        if (found == calls_.end()) continue;
        const auto fn = std::move(found->second.fn);
        calls_.erase(found);
        fn();
    }
}

}  // namespace leat::runtime
