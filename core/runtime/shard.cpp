#include "runtime/shard.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <future>
#include <string>
#include <utility>

namespace leat::runtime {

Shard::Shard(uint32_t number)
    : number_(number),
      io_(1),
      work_(boost::asio::make_work_guard(io_)),
      timers_(io_),
      random_(std::random_device{}()) {}

void Shard::run() {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), ("leat-shard-" + std::to_string(number_)).substr(0, 15).c_str());
        io_.run();
    });
}

void Shard::end() {
    work_.reset();
    if (!thread_.joinable()) return;
    post([this] { io_.stop(); });
    thread_.join();
}

void Shard::post(std::function<void()> fn) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = posted_.empty();
        posted_.push_back(std::move(fn));
    }
    if (first) boost::asio::post(io_, [this] { run_posted(); });
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

void Shard::defer(std::function<void()> fn) {
    deferred_.push_back(std::move(fn));
    if (deferred_.size() == 1) boost::asio::post(io_, [this] { run_deferred(); });
}

void Shard::run_deferred() {
    deferred_now_.swap(deferred_);
    for (auto& fn : deferred_now_) fn();
    deferred_now_.clear();
}

}  // namespace leat::runtime
