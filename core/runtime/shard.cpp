#include "runtime/shard.hpp"

#include <pthread.h>
#include <sched.h>

#include <cstring>
#include <future>
#include <string>
#include <utility>

namespace leat::runtime {
namespace {

// Tells the CPU that this is a loop that waits.
void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

Shard::Shard(uint32_t number, ShardSettings settings)
    : number_(number), settings_(settings), random_(std::random_device{}()) {}

std::string Shard::run() {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), ("leat-shard-" + std::to_string(number_)).substr(0, 15).c_str());
        loop();
    });
    if (!settings_.cpu) return {};
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(*settings_.cpu, &one);
    const int error = pthread_setaffinity_np(thread_.native_handle(), sizeof one, &one);
    if (error == 0) return {};
    return "shard " + std::to_string(number_) + " cannot run on CPU " + std::to_string(*settings_.cpu) + " (" +
           std::strerror(error) + "); it runs on any";
}

// A turn: what was posted, what was deferred, what is ready, what is due.
void Shard::loop() {
    while (true) {
        run_posted();
        if (is_ending_) return;
        run_deferred();
        if (!deferred_.empty()) {
            reactor_.poll(std::chrono::nanoseconds(0));
        } else if (settings_.busy_poll) {
            reactor_.poll(std::chrono::nanoseconds(0));
            look_for_posts();
        } else {
            sleep();
        }
        timers_.run_due();
    }
}

// Whoever posts looks at sleeps_ behind his post, this at the posts behind sleeps_: one of the two sees the other.
void Shard::sleep() {
    sleeps_.store(true);
    reactor_.poll(has_posted_.load() ? std::chrono::nanoseconds(0) : timers_.until_next());
    sleeps_.store(false);
}

// Between two looks at descriptors, which are system calls of some 300 ns.
void Shard::look_for_posts() const {
    constexpr int kLooks = 32;
    for (int i = 0; i < kLooks && !has_posted_.load(std::memory_order_relaxed); ++i) pause();
}

void Shard::end() {
    if (!thread_.joinable()) return;
    post([this] { is_ending_ = true; });
    thread_.join();
}

void Shard::post(std::function<void()> fn) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = posted_.empty();
        posted_.push_back(std::move(fn));
        has_posted_.store(true);
    }
    if (first && sleeps_.load()) reactor_.wake();
}

void Shard::call(const std::function<void()>& fn) {
    std::promise<void> done;
    post([&] {
        fn();
        done.set_value();
    });
    done.get_future().wait();
}

void Shard::run_posted() {
    if (!has_posted_.load()) return;
    {
        const std::lock_guard lock(mutex_);
        posted_now_.swap(posted_);
        has_posted_.store(false);
    }
    for (auto& fn : posted_now_) fn();
    posted_now_.clear();
}

void Shard::run_deferred() {
    deferred_now_.swap(deferred_);
    for (auto& fn : deferred_now_) fn();
    deferred_now_.clear();
}

}  // namespace leat::runtime
