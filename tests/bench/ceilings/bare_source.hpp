// Kafka's side of the bare bridges that read from it: a group consumer whose offsets are committed once they landed.
#pragma once

#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/ceilings/bare.hpp"
#include "tools/arguments.hpp"

namespace leat::bare {

struct Position {
    std::int32_t partition;
    std::int64_t offset;
};

/**
 * With `--window N` what a kill repeats has a bound, as the router's has: at most N messages have been taken and are
 * not confirmed as committed. Without, each 50,000 are committed and nothing waits for that. [one thread]
 */
class Source {
  public:
    explicit Source(const test::Arguments& arguments)
        : topic_(arguments.text("topic")),
          window_(arguments.number("window", 0)),
          client_(test::kafka_client(RD_KAFKA_CONSUMER, make_conf(consumer_settings(arguments.text("brokers"),
                                                                                    arguments.text("group", "bare")),
                                                                  arguments.list("set-consumer")))) {
        rd_kafka_poll_set_consumer(client_);
        queue_ = rd_kafka_queue_get_consumer(client_);
        if (::pipe2(pipe_.data(), O_NONBLOCK) != 0) throw std::runtime_error("no pipe");
        rd_kafka_queue_io_event_enable(queue_, pipe_[1], "x", 1);
        answers_ = rd_kafka_queue_new(client_);
        rd_kafka_queue_io_event_enable(answers_, pipe_[1], "x", 1);
        rd_kafka_topic_partition_list_t* wanted = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(wanted, topic_.c_str(), RD_KAFKA_PARTITION_UA);
        rd_kafka_subscribe(client_, wanted);
        rd_kafka_topic_partition_list_destroy(wanted);
    }

    /** Readable when messages came after there were none, and when a commit is confirmed. */
    int fd() const { return pipe_[0]; }
    void drain_fd() {
        std::array<char, 256> drained;
        if (::read(pipe_[0], drained.data(), drained.size()) > 0) has_more_ = true;
    }
    /** Whether take() may find something without the descriptor being readable. */
    bool has_more() const { return has_more_ && room() > 0; }

    /** Hands up to `most` messages to `forward`; their bytes are valid during the call only. */
    template <class Forward>
    void take(std::size_t most, Forward&& forward) {
        most = std::min<std::size_t>(most, room());
        if (most == 0) return;
        batch_.resize(most);
        const ssize_t n = rd_kafka_consume_batch_queue(queue_, 0, batch_.data(), most);
        has_more_ = n > 0;
        for (ssize_t i = 0; i < n; ++i) {
            rd_kafka_message_t* message = batch_[static_cast<std::size_t>(i)];
            if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                ++at_risk_;
                forward(*message);
            }
            rd_kafka_message_destroy(message);
        }
    }

    /** Called in order for each message of a partition that has landed. */
    void landed(const Position& position) {  // hot: per message
        const auto partition = static_cast<std::size_t>(position.partition);
        if (partition >= next_.size()) next_.resize(partition + 1, 0);
        next_[partition] = position.offset + 1;
        ++uncommitted_;
    }

    void commit_when_due() {
        rd_kafka_queue_poll_callback(answers_, 0);
        const std::uint64_t enough = window_ ? window_ / 2 : 50'000;
        const auto now = std::chrono::steady_clock::now();
        if (committing_ > 0 || uncommitted_ == 0) return;
        if (uncommitted_ < enough && now - committed_at_ < std::chrono::milliseconds(100)) return;
        commit(answers_);
        committed_at_ = now;
    }

    void close() {
        if (uncommitted_ > 0) commit(nullptr);
        rd_kafka_consumer_close(client_);
    }

  private:
    std::uint64_t room() const { return window_ ? window_ - at_risk_ : ~std::uint64_t{0}; }

    static void committed(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t*, void* self) {
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) std::abort();
        auto* source = static_cast<Source*>(self);
        source->at_risk_ -= std::exchange(source->committing_, 0);
    }

    /** answers: where the confirmation comes; nullptr: waits for it. */
    void commit(rd_kafka_queue_t* answers) {
        rd_kafka_topic_partition_list_t* offsets = rd_kafka_topic_partition_list_new(static_cast<int>(next_.size()));
        for (std::size_t i = 0; i < next_.size(); ++i) {
            if (next_[i] == 0) continue;
            rd_kafka_topic_partition_list_add(offsets, topic_.c_str(), static_cast<std::int32_t>(i))->offset =
                next_[i];
        }
        committing_ = std::exchange(uncommitted_, 0);
        rd_kafka_commit_queue(client_, offsets, answers, committed, this);
        rd_kafka_topic_partition_list_destroy(offsets);
    }

    std::string topic_;
    std::uint64_t window_;
    rd_kafka_t* client_;
    rd_kafka_queue_t* queue_;
    rd_kafka_queue_t* answers_;  // to commits
    std::array<int, 2> pipe_{};
    bool has_more_ = true;
    std::vector<rd_kafka_message_t*> batch_;
    std::vector<std::int64_t> next_;
    std::uint64_t at_risk_ = 0;      // taken, and not confirmed as committed
    std::uint64_t uncommitted_ = 0;  // landed, and not sent to be committed
    std::uint64_t committing_ = 0;
    std::chrono::steady_clock::time_point committed_at_ = std::chrono::steady_clock::now();
};

}  // namespace leat::bare
