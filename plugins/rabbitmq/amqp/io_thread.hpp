// The thread of one connection: connects, serves, connects again; and how it and the shard wake each other.
//
//     auto thread = std::make_shared<Consumer>(...);          // Consumer derives from IoThread
//     watch(thread->shard_fd());                               // readable: there is something for the shard
//     thread->start(settings);
//     ...
//     if (thread->stop()) over(); else wait_until(thread->has_ended());
//
// rabbitmq-c blocks, so it must not run on a shard. The two sides exchange batches under mutex(), held for moves of
// vectors alone. The thread calls nothing of the host's; it keeps itself alive until its last blocking call returns,
// and touches nothing of the shard's once stop() has answered true.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "connection.hpp"

namespace leat::rabbitmq {

/// What the connection is like, for host->state.
struct Note {
    std::uint32_t state;  ///< LEAT_STATE_...
    std::string why;
    std::chrono::nanoseconds next_attempt{};
    bool asks_for_settings = false;  ///< a secret may have changed: see IoThread::renew
};

class IoThread : public std::enable_shared_from_this<IoThread> {
  public:
    IoThread(const IoThread&) = delete;
    IoThread& operator=(const IoThread&) = delete;
    virtual ~IoThread();

    // ---- for the shard
    void start(Settings settings);
    /// Settings for the next attempt.
    void renew(Settings settings);
    /// Asks for the end. True: it is over for the shard already; false: has_ended() will hold, with a ring.
    [[nodiscard]] bool stop();
    [[nodiscard]] bool has_ended() const;
    /// Ends a call that blocks on the socket: for a stop that takes too long.
    void cut();
    /// Readable when there is something for the shard; answered() before looking.
    [[nodiscard]] int shard_fd() const { return shard_fd_; }
    void answered();
    [[nodiscard]] std::vector<Note> take_notes();

  protected:
    IoThread();

    // ---- for the thread: what a deriving class does
    /// Channels, declarations, consumers. Must not touch what is the shard's: a stop may have let go of it.
    virtual void prepare(Connection& connection) = 0;
    /// All that can be done without waiting. True: asked to end, and nothing is left to do.
    virtual bool work(Connection& connection) = 0;
    /// The connection is gone, or ended.
    virtual void left() = 0;
    /// Whether the shard wants something; under the mutex.
    virtual bool has_work() const = 0;
    /// For what of the socket to wait: POLLIN, POLLOUT.
    virtual short awaited() const = 0;
    /// How long to wait at most; under the mutex.
    virtual std::chrono::milliseconds patience() const { return std::chrono::hours(1); }

    // ---- for both sides
    std::mutex& mutex() const { return mutex_; }
    /// Holds the mutex while something is put there for the other side, which is told behind it: who is woken by
    /// somebody with the mutex runs into it and sleeps again.
    class Exchange {
      public:
        explicit Exchange(IoThread& thread) : thread_(thread) { thread_.mutex_.lock(); }
        ~Exchange();
        Exchange(const Exchange&) = delete;
        Exchange& operator=(const Exchange&) = delete;

        /// There is something for the thread.
        void wake() { wakes_ |= std::exchange(thread_.is_sleeping_, false); }
        /// There is something for the shard.
        void ring() { rings_ |= !std::exchange(thread_.has_rung_, true); }

      private:
        IoThread& thread_;
        bool wakes_ = false;
        bool rings_ = false;
    };
    /// Under the mutex.
    [[nodiscard]] bool is_ending() const { return is_ending_; }
    /// Tells the state. By the thread, without the mutex.
    void tell(std::uint32_t state, std::string why, std::chrono::nanoseconds next_attempt = {},
              bool asks_for_settings = false);

  private:
    void loop();
    bool attempt(const Settings& settings, std::string& why);
    void serve(Connection& connection);
    bool enter(int fd);
    void leave();
    void wait(Connection& connection, std::chrono::milliseconds longest);
    bool pause(std::chrono::nanoseconds time);

    mutable std::mutex mutex_;
    std::condition_variable ended_pause_;
    Settings settings_;
    std::vector<Note> notes_;
    int shard_fd_;
    int thread_fd_;
    int socket_ = -1;         // while serving
    bool is_ending_ = false;  // stop() was called
    bool is_serving_ = false;
    bool has_ended_ = false;
    bool is_sleeping_ = false;
    bool has_rung_ = false;
    std::chrono::nanoseconds connected_at_{};
};

}  // namespace leat::rabbitmq
