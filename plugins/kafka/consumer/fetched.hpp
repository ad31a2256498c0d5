// Messages taken out of librdkafka, up to a batch at a time, as one Leat buffer: nothing is copied, and one reference
// count stands for all.
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

/// One fetch: the records live until the last reference goes. Made with one reference, its holder's.
struct Fetched : leat_buffer {
    rd_kafka_message_t* records[LEAT_BATCH_MAX];
    size_t count;
    std::vector<leat_header> headers;  // of all records; sized before any message points into it
    FetchedPool* pool;
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
        const ssize_t n = rd_kafka_consume_batch_queue(queue, 0, batch->records, most);
        batch->count = 0;
        batch->capacity = sizeof *batch;
        bool is_wanted = true;
        for (ssize_t i = 0; i < n; ++i) {  // hot: per message
            rd_kafka_message_t* record = batch->records[i];
            if (record->err) is_wanted = is_wanted && failed(*record);
            if (record->err || !is_wanted) {
                rd_kafka_message_destroy(record);
                continue;
            }
            batch->capacity += record->len + record->key_len;
            batch->records[batch->count++] = record;
        }
        if (batch->count) return batch;
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
