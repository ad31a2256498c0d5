#include "runtime/shard.hpp"

#include <pthread.h>
#include <sched.h>

#include <cstring>
#include <future>
#include <string>
#include <utility>

namespace leat::runtime {

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
        const bool may_wait = deferred_.empty() && !settings_.busy_poll;
        reactor_.poll(may_wait ? timers_.until_next() : std::chrono::nanoseconds(0));
        timers_.run_due();
    }
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
    }
    if (first) reactor_.wake();
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
    std::vector<std::function<void()>> now;
    {
        const std::lock_guard lock(mutex_);
        now.swap(posted_);
    }
    for (auto& fn : now) fn();
}

void Shard::run_deferred() {
    deferred_now_.swap(deferred_);
    for (auto& fn : deferred_now_) fn();
    deferred_now_.clear();
}

}  // namespace leat::runtime
