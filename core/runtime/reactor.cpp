#include "runtime/reactor.hpp"

#include "runtime/watches.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace leat::runtime {
namespace {

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "leat: %s: %s\n", what, std::strerror(errno));
    std::abort();
}

uint32_t to_epoll(uint32_t events) {
    return (events & LEAT_WATCH_READ ? uint32_t{EPOLLIN} : 0u) |
           (events & LEAT_WATCH_WRITE ? uint32_t{EPOLLOUT} : 0u);
}

// Errors and hang-ups count as ready for all.
uint32_t from_epoll(uint32_t events) {
    if (events & (EPOLLERR | EPOLLHUP)) return LEAT_WATCH_READ | LEAT_WATCH_WRITE;
    return (events & EPOLLIN ? LEAT_WATCH_READ : 0u) | (events & EPOLLOUT ? LEAT_WATCH_WRITE : 0u);
}

// epoll_pwait2 is of Linux 5.11; before it, milliseconds, rounded up.
int wait(int epoll, epoll_event* events, int most, std::optional<std::chrono::nanoseconds> timeout) {
    static bool has_nanoseconds = true;
    if (has_nanoseconds) {
        timespec time{};
        if (timeout) {
            time.tv_sec = static_cast<time_t>(timeout->count() / 1'000'000'000);
            time.tv_nsec = static_cast<long>(timeout->count() % 1'000'000'000);
        }
        const int n = epoll_pwait2(epoll, events, most, timeout ? &time : nullptr, nullptr);
        if (n >= 0 || errno != ENOSYS) return n;
        has_nanoseconds = false;
    }
    const int64_t ms = timeout ? (timeout->count() + 999'999) / 1'000'000 : -1;
    return epoll_wait(epoll, events, most, static_cast<int>(ms > 3'600'000 ? 3'600'000 : ms));
}

}  // namespace

Reactor::Reactor() : epoll_(epoll_create1(EPOLL_CLOEXEC)), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (epoll_ < 0 || event_ < 0) {
        const int error = errno;
        if (epoll_ >= 0) close(epoll_);
        if (event_ >= 0) close(event_);
        throw std::system_error(error, std::generic_category(), "no descriptors left for a shard");
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;  // told of each wake(), though nobody reads the count
    event.data.ptr = nullptr;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, event_, &event) != 0) give_up("epoll_ctl");
}

Reactor::~Reactor() {
    close(event_);
    close(epoll_);
}

void Reactor::wake() {
    const uint64_t one = 1;
    while (write(event_, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

void Reactor::poll(std::optional<std::chrono::nanoseconds> timeout) {
    std::array<epoll_event, 64> events;
    const int n = wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
    for (int i = 0; i < n; ++i) {
        const epoll_event& event = events[static_cast<size_t>(i)];
        if (event.data.ptr) static_cast<leat_watch*>(event.data.ptr)->ready(from_epoll(event.events));
    }
    removed_.clear();
}

std::string Reactor::add(leat_watch& watch, int fd) {
    epoll_event event{};
    event.events = EPOLLONESHOT;
    event.data.ptr = &watch;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return std::strerror(errno);
    ++watched_;
    return {};
}

void Reactor::arm(leat_watch& watch, int fd, uint32_t events) {
    epoll_event event{};
    event.events = to_epoll(events) | EPOLLONESHOT;
    event.data.ptr = &watch;
    if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0)
        give_up("a watched descriptor was closed before its watch");
}

void Reactor::remove(std::shared_ptr<leat_watch> watch, int fd) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    --watched_;
    removed_.push_back(std::move(watch));
}

}  // namespace leat::runtime
