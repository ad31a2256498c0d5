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

// A turn: what was posted, what was deferred, what is ready, what is due. Where nothing is watched, nothing can be
// ready, and a turn that does not sleep makes no system call.
void Shard::loop() {
    while (true) {
        posted_.run_all();
        if (is_ending_) return;
        run_deferred();
        if (deferred_.empty() && !settings_.busy_poll) {
            sleep();
        } else {
            if (deferred_.empty()) look_for_posts();
            if (reactor_.is_watching()) reactor_.poll(std::chrono::nanoseconds(0));
        }
        timers_.run_due();
    }
}

// Whoever posts looks at sleeps_ behind his post, this at the posts behind sleeps_: one of the two sees the other.
void Shard::sleep() {
    sleeps_.store(true);
    reactor_.poll(posted_.is_empty() ? timers_.until_next() : std::chrono::nanoseconds(0));
    sleeps_.store(false);
}

// Between two looks at descriptors, which are system calls of some 300 ns.
void Shard::look_for_posts() const {
    constexpr int kLooks = 32;
    for (int i = 0; i < kLooks && posted_.is_empty(); ++i) pause();
}

void Shard::end() {
    if (!thread_.joinable()) return;
    post([this] { is_ending_ = true; });
    thread_.join();
}

void Shard::post(Task fn) {
    posted_.put(std::move(fn));
    if (sleeps_.load() && sleeps_.exchange(false)) reactor_.wake();
}

void Shard::call(const std::function<void()>& fn) {
    std::promise<void> done;
    post([&] {
        fn();
        done.set_value();
    });
    done.get_future().wait();
}

void Shard::run_deferred() {
    deferred_now_.swap(deferred_);
    for (auto& fn : deferred_now_) fn();
    deferred_now_.clear();
}

}  // namespace leat::runtime
