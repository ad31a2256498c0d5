#include "consumer/fetched.hpp"

namespace kafka {

Fetched* FetchedPool::spare() {
    std::unique_ptr<Fetched> batch;
    if (spares_.empty()) {
        batch = std::make_unique_for_overwrite<Fetched>();
        batch->pool = this;
        batch->flags = 0;
        batch->release = [](leat_buffer* self) {
            auto* released = static_cast<Fetched*>(self);
            released->pool->back(released);
        };
    } else {
        batch = std::move(spares_.back());
        spares_.pop_back();
    }
    batch->refs = 1;
    batch->count = 0;
    ++live_;
    return batch.release();
}

void FetchedPool::back(Fetched* batch) {
    for (size_t i = 0; i < batch->count; ++i) rd_kafka_message_destroy(batch->records[i]);
    batch->headers.clear();
    --live_;
    spares_.emplace_back(batch);
    if (gone_ && live_ == 0) end();
}

void FetchedPool::abandon(void (*gone)(void*), void* arg) {
    gone_ = gone;
    gone_arg_ = arg;
    if (live_ == 0) end();
}

void FetchedPool::end() {
    const auto gone = gone_;
    void* const arg = gone_arg_;
    delete this;
    gone(arg);
}

}  // namespace kafka
