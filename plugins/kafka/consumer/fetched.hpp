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

#include <array>
#include <iterator>
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
    explicit Fetched(size_t most) : room(most), records(std::make_unique_for_overwrite<FetchedRecord[]>(most)) {}

    const size_t room;  // records at most
    size_t count = 0;
    leat_bytes topic{nullptr, 0};
    const std::unique_ptr<FetchedRecord[]> records;
    std::vector<leat_header> headers;  // of all records, in their order
    FetchedPool* pool = nullptr;

    /// Takes over `n` records of librdkafka, at most `room`: small ones are copied and freed, others held.
    void read(rd_kafka_message_t* const* taken, size_t n);
    void free_held();

  private:
    void copy(size_t bytes);

    std::vector<rd_kafka_message_t*> held_;  // none when they have been copied
    std::unique_ptr<char[]> copies_;
    size_t copies_room_ = 0;
};

/// Keeps the spare batches of one client. It outlives its owner until the last batch has come back, because a client
/// may be destroyed only after its records: then `gone` is called, once, on the shard.
///
/// Batches come in three sizes: where little comes at a time, each message in flight would else keep room for 256.
class FetchedPool {
  public:
    static FetchedPool* make() { return new FetchedPool; }

    /// Takes what is there, at most `most` (LEAT_BATCH_MAX), without waiting; records that stand for an error are
    /// handed to `failed`, which says whether those behind it are wanted.
    template <class Failed>
    Fetched* take(rd_kafka_queue_t* queue, size_t most, Failed&& failed) {
        rd_kafka_message_t* taken[LEAT_BATCH_MAX];
        const ssize_t n = rd_kafka_consume_batch_queue(queue, 0, taken, most);
        bool is_wanted = true;
        size_t count = 0;
        for (ssize_t i = 0; i < n; ++i) {  // hot: per message
            rd_kafka_message_t* record = taken[i];
            if (record->err) is_wanted = is_wanted && failed(*record);
            if (record->err || !is_wanted) {
                rd_kafka_message_destroy(record);
                continue;
            }
            taken[count++] = record;
        }
        if (count == 0) return nullptr;
        Fetched* batch = spare(count);
        batch->read(taken, count);
        return batch;
    }

    static constexpr size_t kSizes[] = {4, 32, LEAT_BATCH_MAX};  // records
    static constexpr size_t kSpares = 64;                        // of each size, kept for the next ones

    /// The owner is done with it. gone(arg) runs when no batch is out, now or later.
    void abandon(void (*gone)(void*), void* arg);
    size_t live() const { return live_; }

  private:
    FetchedPool() = default;
    ~FetchedPool() = default;
    Fetched* spare(size_t count);
    void back(Fetched* batch);
    void end();

    std::array<std::vector<std::unique_ptr<Fetched>>, std::size(kSizes)> spares_;  // by size
    size_t live_ = 0;
    void (*gone_)(void*) = nullptr;
    void* gone_arg_ = nullptr;
};

}  // namespace kafka
