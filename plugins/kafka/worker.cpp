#include "worker.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace kafka {

// Shared by the Worker, its thread and the posts under way; the last of them frees it.
struct Worker::State : std::enable_shared_from_this<Worker::State> {
    struct Task {
        Job job, done;
    };
    struct Post {
        std::shared_ptr<State> state;
        Job done;
    };

    explicit State(leat::Services s) : services(s) {}

    void loop() {
        std::unique_lock lock(mutex);
        for (;;) {
            wake.wait(lock, [this] { return !tasks.empty() || !attached; });
            if (tasks.empty()) return;
            Task task = std::move(tasks.front());
            tasks.pop_front();
            lock.unlock();
            task.job();
            task.job = nullptr;  // what it holds is gone before the shard is told
            lock.lock();
            // Under the lock: the host is not called once the Worker is gone.
            if (attached) services.post(&State::told, new Post{shared_from_this(), std::move(task.done)});
        }
    }

    static void told(void* arg) {  // [shard]
        const std::unique_ptr<Post> post(static_cast<Post*>(arg));
        --post->state->untold;
        if (post->state->attached && post->done) post->done();
    }

    leat::Services services;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Task> tasks;
    size_t untold = 0;  // of the shard alone
    bool attached = true;
    bool running = false;
};

Worker::Worker(leat::Services services) : state_(std::make_shared<State>(services)) {}

Worker::~Worker() {
    const std::lock_guard lock(state_->mutex);
    state_->attached = false;
    state_->wake.notify_one();
}

void Worker::run(Job job, Job done) {
    const std::lock_guard lock(state_->mutex);
    state_->tasks.push_back({std::move(job), std::move(done)});
    ++state_->untold;
    if (!state_->running) {
        state_->running = true;
        std::thread([state = state_] { state->loop(); }).detach();
    }
    state_->wake.notify_one();
}

size_t Worker::busy() const { return state_->untold; }

}  // namespace kafka
