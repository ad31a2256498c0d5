// Signals taken one at a time by the thread that waits, instead of by a handler.
//
//     Signals signals({SIGTERM, SIGINT});          // before any other thread is started: they inherit the mask
//     if (int number = signals.wait(200ms)) ...
#pragma once

#include <signal.h>

#include <chrono>
#include <initializer_list>

namespace leat::app {

class Signals {
  public:
    /// Blocks them in this thread and in those that it starts from now on.
    explicit Signals(std::initializer_list<int> numbers);
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// The next of them, or 0 when none came in time.
    int wait(std::chrono::nanoseconds limit);

  private:
    sigset_t set_{};
};

}  // namespace leat::app
