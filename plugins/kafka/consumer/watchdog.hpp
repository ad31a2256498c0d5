// Notices a client that makes no progress though there is something to read.
//
//     if (watchdog.is_idle(partition, now)) ask.push_back(...);     // has credit, nothing came for a while
//     if (watchdog.answer(partition, log_end, position, now)) ...   // twice behind in a row: rebuild the client
//
// Asking is the source's (a blocking query off the shard); deciding is here, without client and clock.
#pragma once
#include <cstddef>
#include <cstdint>

#include "consumer/partition.hpp"

namespace kafka {

class Watchdog {
  public:
    static constexpr int64_t kIdle = 10'000'000'000;            // ns without anything read
    static constexpr int64_t kCommitPatience = 30'000'000'000;  // ns without an answer to a commit
    static constexpr int64_t kPatienceEach = 10'000'000;        // ns more for each partition of the client
    static constexpr int64_t kFirstPause = 30'000'000'000, kLongestPause = 600'000'000'000;  // ns between rebuilds

    /// Whether to ask the broker about this partition.
    static bool is_idle(const Partition& partition, int64_t now_ns) {
        return partition.state == Partition::State::reading && !partition.has_ready() &&
               partition.window().credit() > 0 && now_ns - partition.last_fetch_ns >= kIdle;
    }

    /// The broker's answer. True: the client is stuck, rebuild it.
    bool answer(Partition& partition, int64_t log_end, int64_t position, int64_t now_ns) {
        if (now_ns - partition.last_fetch_ns < kIdle || log_end <= position) {
            partition.is_behind = false;
            return false;
        }
        const bool again = partition.is_behind;
        partition.is_behind = true;
        return again && may_rebuild(now_ns);
    }

    /// A commit is unanswered, or positions are unresolved, since `since_ns` (0: none) though the cluster is reached.
    /// A client with thousands of partitions is not stuck but slow, and making a new one costs it most.
    bool is_stuck(int64_t since_ns, int64_t now_ns, size_t partitions) const {
        const int64_t patience = kCommitPatience + static_cast<int64_t>(partitions) * kPatienceEach;
        return since_ns != 0 && now_ns - since_ns >= patience && may_rebuild(now_ns);
    }

    void rebuilt(int64_t now_ns) {
        pause_ns_ = last_rebuild_ns_ == 0 || now_ns - last_rebuild_ns_ > 2 * kLongestPause
                        ? kFirstPause
                        : (pause_ns_ * 2 < kLongestPause ? pause_ns_ * 2 : kLongestPause);
        last_rebuild_ns_ = now_ns;
    }

  private:
    bool may_rebuild(int64_t now_ns) const { return last_rebuild_ns_ == 0 || now_ns - last_rebuild_ns_ >= pause_ns_; }
    int64_t last_rebuild_ns_ = 0;
    int64_t pause_ns_ = 0;
};

}  // namespace kafka
