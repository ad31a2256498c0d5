// One-shot timers of a shard: a heap by time.
//
//     uint64_t id = timers.start(250ms, [this] { tick(); });
//     timers.cancel(id);
//
// On the shard only.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

namespace leat::runtime {

class Timers {
  public:
    using Clock = std::chrono::steady_clock;

    /// Calls fn once, after at least `delay`. Ids are never 0 and never used twice; the first one given is 2.
    uint64_t start(std::chrono::nanoseconds delay, std::function<void()> fn, const void* owner = nullptr);
    /// Nothing happens when it ran already.
    void cancel(uint64_t id) { calls_.erase(id); }
    /// Cancels all of an owner.
    void cancel_all(const void* owner);

    /// How long until the next one is due; nothing: there is none.
    std::optional<std::chrono::nanoseconds> until_next();
    void run_due();

  private:
    struct Due {
        Clock::time_point at;
        uint64_t id;
        bool operator>(const Due& other) const { return at > other.at || (at == other.at && id > other.id); }
    };
    struct Call {
        std::function<void()> fn;
        const void* owner;
    };

    std::priority_queue<Due, std::vector<Due>, std::greater<>> heap_;  // also cancelled ones, until they are due
    std::unordered_map<uint64_t, Call> calls_;
    uint64_t last_id_ = 1;
};

}  // namespace leat::runtime
