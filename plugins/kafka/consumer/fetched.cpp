#include "consumer/fetched.hpp"

#include <cstring>

#include "record.hpp"

namespace kafka {
namespace {

constexpr size_t kSmall = 1024;  // bytes of a record, on average

}  // namespace

void Fetched::read(rd_kafka_message_t* const* taken, size_t n) {
    headers.clear();
    held_.assign(taken, taken + n);
    topic = leat::bytes(rd_kafka_topic_name(taken[0]->rkt));
    count = n;
    size_t bytes = topic.size;
    for (size_t i = 0; i < count; ++i) {  // hot: per message
        bytes += taken[i]->len + taken[i]->key_len;
        read_record(*taken[i], records[i]);
        records[i].header_count = read_headers(*taken[i], headers);
    }
    for (const leat_header& header : headers) bytes += header.name.size + header.value.size;
    capacity = sizeof *this + bytes;
    if (bytes <= count * kSmall) copy(bytes);
}

// bytes  of the topic's name, all keys, payloads and headers
void Fetched::copy(size_t bytes) {
    if (bytes > copies_room_) {
        copies_room_ = bytes + bytes / 4;
        copies_ = std::make_unique_for_overwrite<char[]>(copies_room_);
    }
    char* at = copies_.get();
    const auto keep = [&at](leat_bytes& what) {  // hot: per message
        if (!what.data) return;                  // absent is not empty
        std::memcpy(at, what.data, what.size);
        what.data = at;
        at += what.size;
    };
    keep(topic);
    for (size_t i = 0; i < count; ++i) {
        keep(records[i].key);
        keep(records[i].payload);
    }
    for (leat_header& header : headers) {
        keep(header.name);
        keep(header.value);
    }
    free_held();
}

void Fetched::free_held() {
    for (rd_kafka_message_t* record : held_) rd_kafka_message_destroy(record);
    held_.clear();
}

Fetched* FetchedPool::spare(size_t count) {
    size_t size = 0;
    while (kSizes[size] < count) ++size;
    std::unique_ptr<Fetched> batch;
    if (spares_[size].empty()) {
        batch = std::make_unique<Fetched>(kSizes[size]);
        batch->pool = this;
        batch->flags = 0;
        batch->release = [](leat_buffer* self) {
            auto* released = static_cast<Fetched*>(self);
            released->pool->back(released);
        };
    } else {
        batch = std::move(spares_[size].back());
        spares_[size].pop_back();
    }
    batch->refs = 1;
    ++live_;
    return batch.release();
}

void FetchedPool::back(Fetched* batch) {
    std::unique_ptr<Fetched> returned(batch);
    returned->free_held();
    --live_;
    size_t size = 0;
    while (kSizes[size] < returned->room) ++size;
    if (spares_[size].size() < kSpares) spares_[size].push_back(std::move(returned));
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
