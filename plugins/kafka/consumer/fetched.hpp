// Messages taken out of librdkafka, up to a batch at a time, as one Leat buffer: one reference count stands for all.
//
// Large records are not copied. Small ones are, into the buffer: what librdkafka keeps beside each of them is several
// times as large, and to free it when the message has landed, long after it has left the processor's caches, costs
// more than the copy (measured: README.md).
//
//     Fetched* batch = pool.take(queue, 256);    // nullptr: the queue was empty
//     ... messages point into it, one reference each ...
//
// On the shard.
#pragma once
#include <librdkafka/rdkafka.h>
#include <leat/sdk/flow/message.hpp>

#include <memory>
#include <vector>

namespace kafka {

class FetchedPool;

/// One record. What it points to lives as long as its batch.
struct FetchedRecord {
    leat_bytes key, payload;
    int64_t timestamp_ns;
    int64_t offset;
    uint32_t header_count;
};

/// One fetch: its records live until the last reference goes. Made with one reference, its holder's.
struct Fetched : leat_buffer {
    size_t count;
    leat_bytes topic;
    FetchedRecord records[LEAT_BATCH_MAX];
    std::vector<leat_header> headers;  // of all records, in their order
    FetchedPool* pool;

    /// Fills in everything from the first `count` of `held`, and copies when the records are small.
    void read();
    void free_held();

    rd_kafka_message_t* held[LEAT_BATCH_MAX];  // librdkafka's records
    size_t held_count = 0;                     // 0 when they have been copied

  private:
    void copy(size_t bytes);

    std::unique_ptr<char[]> copies_;
    size_t room_ = 0;
};

/// Keeps the spare batches of one client. It outlives its owner until the last batch has come back, because a client
/// may be destroyed only after its records: then `gone` is called, once, on the shard.
class FetchedPool {
  public:
    static FetchedPool* make() { return new FetchedPool; }

    /// Takes what is there, at most `most`, without waiting; records that stand for an error are handed to `failed`,
    /// which says whether those behind it are wanted.
    template <class Failed>
    Fetched* take(rd_kafka_queue_t* queue, size_t most, Failed&& failed) {
        Fetched* batch = spare();
        const ssize_t n = rd_kafka_consume_batch_queue(queue, 0, batch->held, most);
        bool is_wanted = true;
        for (ssize_t i = 0; i < n; ++i) {  // hot: per message
            rd_kafka_message_t* record = batch->held[i];
            if (record->err) is_wanted = is_wanted && failed(*record);
            if (record->err || !is_wanted) {
                rd_kafka_message_destroy(record);
                continue;
            }
            batch->held[batch->held_count++] = record;
        }
        if (batch->held_count) {
            batch->read();
            return batch;
        }
        leat_buffer_release(batch, 1);
        return nullptr;
    }

    /// The owner is done with it. gone(arg) runs when no batch is out, now or later.
    void abandon(void (*gone)(void*), void* arg);
    size_t live() const { return live_; }

  private:
    FetchedPool() = default;
    ~FetchedPool() = default;
    Fetched* spare();
    void back(Fetched* batch);
    void end();

    std::vector<std::unique_ptr<Fetched>> spares_;
    size_t live_ = 0;
    void (*gone_)(void*) = nullptr;
    void* gone_arg_ = nullptr;
};

}  // namespace kafka
