#include "consumer/partition.hpp"

#include <algorithm>

namespace kafka {
namespace {

constexpr size_t kBatchBytesWanted = 1 << 20;  // a batch of large records is made shorter: they are freed together

}  // namespace

Partition::Partition(rd_kafka_t* client, std::string topic, int32_t number, leat::InFlight& window, uint64_t serial,
                     Arrivals& arrivals)
    : committed(window.next()),
      committing(window.next()),
      topic_(std::move(topic)),
      number_(number),
      lane_(leat::lane_of(topic_ + '\0' + std::to_string(number))),
      serial_(serial),
      window_(window),
      queue_(rd_kafka_queue_get_partition(client, topic_.c_str(), number)),
      mark_{&arrivals, window.domain()} {
    // Before it is assigned: afterwards messages would already run into the consumer's own queue.
    rd_kafka_queue_forward(queue_, nullptr);
    arrivals.watch(queue_, mark_);
}

Partition::~Partition() {
    if (fetched_) leat_buffer_release(fetched_, 1);
    mark_.all->forget(queue_, mark_);
    rd_kafka_queue_destroy(queue_);
}

void Partition::begin_batch() {
    cursor_ = 0;
    header_cursor_ = 0;
    taken_messages_ += fetched_->count;
    taken_bytes_ += fetched_->capacity;
    if (fetched_->capacity > kBatchBytesWanted) {
        fetch_size_ = std::max<size_t>(fetch_size_ / 2, 1);
    } else if (fetched_->count == fetch_size_) {
        fetch_size_ = std::min<size_t>(fetch_size_ * 2, LEAT_BATCH_MAX);
    }
}

size_t Partition::ready(leat_message* batch, size_t most) {
    const uint64_t credit = window_.credit();
    most = std::min({most, static_cast<size_t>(credit), fetched_->count - cursor_});
    if (most == 0) return 0;
    uint64_t bytes = window_.bytes();
    const uint64_t sequence = window_.next();
    size_t n = 0;
    while (n < most) {  // hot: per message
        const FetchedRecord& record = fetched_->records[cursor_];
        leat_message& m = batch[n];
        m.topic = fetched_->topic;
        m.key = record.key;
        m.payload = record.payload;
        m.headers = record.header_count ? &fetched_->headers[header_cursor_] : nullptr;
        m.header_count = record.header_count;
        header_cursor_ += record.header_count;
        m.flags = 0;
        m.timestamp_ns = record.timestamp_ns;
        m.buffer = fetched_;
        m.lane = lane_;
        m.attempt = 0;
        m.ext = nullptr;
        if (record.offset != next_offset_ || runs_.empty()) runs_.push_back({sequence + n, record.offset});
        next_offset_ = record.offset + 1;
        bytes += leat::content_size(m);
        ++cursor_;
        ++n;
        if (bytes >= window_.max_bytes()) break;
    }
    leat_buffer_retain(fetched_, static_cast<uint32_t>(n));
    if (cursor_ == fetched_->count) {
        leat_buffer_release(fetched_, 1);
        fetched_ = nullptr;
    }
    return n;
}

int64_t Partition::commit_offset() {
    const uint64_t last = landed() - 1;
    while (runs_.size() > 1 && runs_[1].sequence <= last) runs_.pop_front();
    return runs_.front().offset + static_cast<int64_t>(last - runs_.front().sequence) + 1;
}

}  // namespace kafka
