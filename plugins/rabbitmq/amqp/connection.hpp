// One connection of rabbitmq-c: connecting, logging in, frames, and every failure in words.
//
//   Connection connection(settings);             // blocks; throws Lost
//   connection.open_channel(kChannel);
//   amqp_frame_t frame;
//   while (connection.next(frame)) ...           // all that is there; throws when the broker closes or is gone
//
// Blocking, so for the thread of its own that each source and each shard's sinks have. All calls on that thread.
#pragma once

#include <amqp.h>
#include <amqp_framing.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "bytes.hpp"
#include "settings.hpp"

namespace leat::rabbitmq {

inline constexpr amqp_channel_t kChannel = 1;      ///< where messages travel
inline constexpr amqp_channel_t kSideChannel = 2;  ///< for declarations that may fail

/// The connection is gone or could not be made; what() is for people.
class Lost : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The broker closed a channel or the connection, with its own code and words.
class Closed : public Lost {
  public:
    Closed(const std::string& why, int code, bool is_channel) : Lost(why), code_(code), is_channel_(is_channel) {}
    [[nodiscard]] int code() const { return code_; }
    /// The channel alone: the connection is still there and open_channel() makes a new one.
    [[nodiscard]] bool is_channel() const { return is_channel_; }

  private:
    int code_;
    bool is_channel_;
};

class Connection {
  public:
    /// Connects and logs in, within the time-outs of the settings. Throws Lost or Closed.
    explicit Connection(const Settings& settings);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] amqp_connection_state_t state() const { return state_; }
    [[nodiscard]] int fd() const { return amqp_get_sockfd(state_); }
    [[nodiscard]] std::size_t frame_max() const { return static_cast<std::size_t>(amqp_get_frame_max(state_)); }

    void open_channel(amqp_channel_t channel);
    /// Frees what the frames read so far point to.
    void forget_frames(amqp_channel_t channel) { amqp_maybe_release_buffers_on_channel(state_, channel); }

    /// A frame that is there, without waiting; false: none. Sends heartbeats that are due. Answers closes and throws
    /// them as Closed.
    bool next(amqp_frame_t& frame);
    /// Whether something was read beyond the last frame, perhaps half of the next.
    [[nodiscard]] bool has_read_more() const {
        return amqp_frames_enqueued(state_) != 0 || amqp_data_in_buffer(state_) != 0;
    }
    /// Sends a heartbeat: for a connection that is not read for a while.
    void beat();

    /// Throws unless the last rpc on that channel went well. doing: what was tried, such as "declare queue q".
    void check(amqp_channel_t channel, std::string_view doing) { check(amqp_get_rpc_reply(state_), channel, doing); }
    /// Throws unless a send went well.
    static void check_sent(int status, std::string_view doing);

    /// Closes channel and connection as the protocol wants it; what was sent before has then been read.
    void close() noexcept;

  private:
    void open_socket(const Settings& settings);
    void open_tls(const Settings& settings);
    void log_in(const Settings& settings);
    void check(amqp_rpc_reply_t reply, amqp_channel_t channel, std::string_view doing);
    [[noreturn]] void closed_by_broker(const amqp_method_t& method, amqp_channel_t channel, std::string_view doing);

    amqp_connection_state_t state_;
    bool is_broken_ = false;
};

}  // namespace leat::rabbitmq
