// A shard: one thread with a reactor and timers. Everything of a route runs here, so nothing of it needs a lock.
//
//     Shard shard(0);
//     shard.run();                              // starts the thread
//     shard.post([&] { ... });                  // [any-thread]
//     shard.end();                              // runs what is posted, ends the thread
#pragma once
#include "runtime/mailbox.hpp"
#include "runtime/reactor.hpp"
#include "runtime/task.hpp"
#include "runtime/timers.hpp"

#include <atomic>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace leat::runtime {

/// Where and how a shard's thread runs.
struct ShardSettings {
    std::optional<uint32_t> cpu;  ///< bound to this one; nothing: any
    bool busy_poll = false;       ///< never sleeps: less latency, for a whole CPU
};

class Shard {  // NOLINT(clang-analyzer-optin.performance.Padding): what others write has lines of its own
  public:
    explicit Shard(uint32_t number, ShardSettings settings = {});
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;
    ~Shard() { end(); }

    /// Starts the thread. Returns why it does not run on its CPU, or nothing.      [main]
    std::string run();
    /// Runs what is posted, then ends the thread. Call twice: nothing.             [main]
    void end();

    /// Runs fn on the shard, in order of posting.                                  [any-thread]
    void post(Task fn);
    /// Runs fn on the shard and waits for it. Not from the shard itself.           [any-thread]
    void call(const std::function<void()>& fn);

    /// Runs fn in the next turn.                                                   [shard]
    void defer(Task fn) { deferred_.push_back(std::move(fn)); }

    uint32_t number() const { return number_; }
    Timers& timers() { return timers_; }
    Reactor& reactor() { return reactor_; }
    std::minstd_rand& random() { return random_; }

  private:
    void loop();
    void sleep();
    void look_for_posts() const;
    void run_deferred();

    uint32_t number_;
    ShardSettings settings_;
    Reactor reactor_;
    Timers timers_;
    std::minstd_rand random_;
    std::vector<Task> deferred_;
    std::vector<Task> deferred_now_;
    bool is_ending_ = false;
    std::thread thread_;
    Mailbox posted_;
    alignas(64) std::atomic<bool> sleeps_{false};  // or is about to: the first who posts wakes it
};

}  // namespace leat::runtime
