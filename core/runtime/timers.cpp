#include "runtime/timers.hpp"

#include <utility>

namespace leat::runtime {

uint64_t Timers::start(std::chrono::nanoseconds delay, std::function<void()> fn, const void* owner) {
    const uint64_t id = ++last_id_;
    calls_.emplace(id, Call{std::move(fn), owner});
    heap_.push({Clock::now() + std::max(delay, std::chrono::nanoseconds(0)), id});
    arm();
    return id;
}

void Timers::cancel_all(const void* owner) {
    std::erase_if(calls_, [owner](const auto& call) { return call.second.owner == owner; });
}

void Timers::arm() {
    while (!heap_.empty() && !calls_.contains(heap_.top().id)) heap_.pop();
    if (heap_.empty() || heap_.top().at >= armed_) return;
    armed_ = heap_.top().at;
    timer_.expires_at(armed_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;  // armed again for an earlier one
        armed_ = Clock::time_point::max();
        run_due();
    });
}

void Timers::run_due() {
    const auto now = Clock::now();
    while (!heap_.empty() && heap_.top().at <= now) {
        const uint64_t id = heap_.top().id;
        heap_.pop();
        const auto found = calls_.find(id);
        if (found == calls_.end()) continue;
        const auto fn = std::move(found->second.fn);
        calls_.erase(found);
        fn();
    }
    arm();
}

}  // namespace leat::runtime
