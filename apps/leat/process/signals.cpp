#include "process/signals.hpp"

#include <algorithm>
#include <ctime>

namespace leat::app {

Signals::Signals(std::initializer_list<int> numbers) {
    sigemptyset(&set_);
    for (const int number : numbers) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int Signals::wait(std::chrono::nanoseconds limit) {
    const auto left = std::max<int64_t>(limit.count(), 0);
    const timespec time{.tv_sec = left / 1'000'000'000, .tv_nsec = left % 1'000'000'000};
    const int number = sigtimedwait(&set_, nullptr, &time);
    return number > 0 ? number : 0;  // interrupted counts as none: the caller comes again
}

}  // namespace leat::app
