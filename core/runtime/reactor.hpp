// Waits for descriptors on an epoll of its own, each event delivered once until it is asked for again.
//
// One-shot, because a source that gathers input pauses its watch for a moment at each read: whatever arrives
// meanwhile must not wake the thread (with edge-triggered waits it does; measured on Kafka -> MQTT: 2.7 wake-ups a
// read instead of one, and twice the CPU). Timeouts are in nanoseconds. On one thread, but for wake().
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct leat_watch;

namespace leat::runtime {

class Reactor {
  public:
    Reactor();  ///< Throws std::system_error where the process may open no more descriptors.
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;
    ~Reactor();

    /// Waits at most so long (nothing: for ever) and delivers what is ready.
    void poll(std::optional<std::chrono::nanoseconds> timeout);
    /// Whether a poll has anything to do but to wait for time and wake().
    bool is_watching() const { return watched_ > 0 || !removed_.empty(); }
    /// Ends a poll, the present or the next one.                                   [any-thread]
    void wake();

    /// Registers a descriptor, without waiting for anything yet. Returns why not, or nothing.
    std::string add(leat_watch& watch, int fd);
    /// Waits once for LEAT_WATCH_... events.
    void arm(leat_watch& watch, int fd, uint32_t events);
    /// Forgets a descriptor. The watch lives at least until the end of the present poll.
    void remove(std::shared_ptr<leat_watch> watch, int fd);

  private:
    int epoll_;
    int event_;  // an eventfd, for wake()
    size_t watched_ = 0;
    std::vector<std::shared_ptr<leat_watch>> removed_;
};

}  // namespace leat::runtime
