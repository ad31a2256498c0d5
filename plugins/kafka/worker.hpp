// Blocking calls of librdkafka (close, destroy, queries), on a thread of their own; their ends are told on the shard.
//
//     worker_->run([rk] { ...blocks... }, [this] { ...on the shard... });
//
// Jobs run one after the other. [shard] but for the jobs themselves, which touch nothing of the shard's.
#pragma once
#include <leat/sdk/services.hpp>

#include <functional>
#include <memory>

namespace kafka {

/// One thread with a queue, begun by the first job. Its end never waits: jobs still queued run on, but nothing of
/// them is told any more.
class Worker {
  public:
    explicit Worker(leat::Services services);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    using Job = std::function<void()>;
    /// job runs on the thread; then `done`, if any, on the shard, unless this Worker is gone by then.
    void run(Job job, Job done = nullptr);
    /// Jobs that have not been told yet.
    size_t busy() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace kafka
