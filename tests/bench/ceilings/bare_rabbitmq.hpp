// RabbitMQ's side of the bare loops and bridges: rabbitmq-c in one thread, persistent and mandatory messages with
// confirmations in a window, cumulative acknowledgements.
//
// What a router on the same client can reach at best; the same promise: nothing is acknowledged before it has landed.
// A message that goes to no queue is confirmed, too, so it has to be mandatory, which costs RabbitMQ 10 us (the queue
// tells the channel of each message), and to carry its number, by which a return is matched.
#pragma once

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace leat::bare {

inline constexpr amqp_channel_t kChannel = 1;
inline constexpr std::string_view kKeyHeader = "leat-message-key";
inline constexpr std::string_view kNumberHeader = "leat-sequence";

inline amqp_bytes_t amqp(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }
inline std::string_view text(amqp_bytes_t b) { return {static_cast<const char*>(b.bytes), b.len}; }

/** One connection with one channel. Failures end the program. [one thread] */
class Amqp {
  public:
    explicit Amqp(std::uint64_t port) : state_(amqp_new_connection()) {
        if (amqp_socket_open(amqp_tcp_socket_new(state_), "127.0.0.1", static_cast<int>(port)) != AMQP_STATUS_OK)
            throw std::runtime_error("RabbitMQ is away");
        if (amqp_login(state_, "/", 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest")
                .reply_type != AMQP_RESPONSE_NORMAL)
            throw std::runtime_error("RabbitMQ does not let us in");
        amqp_channel_open(state_, kChannel);
        check();
    }
    ~Amqp() { amqp_destroy_connection(state_); }
    Amqp(const Amqp&) = delete;
    Amqp& operator=(const Amqp&) = delete;

    amqp_connection_state_t state() const { return state_; }
    int fd() const { return amqp_get_sockfd(state_); }
    void check() const {
        if (amqp_get_rpc_reply(state_).reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("AMQP: refused");
    }
    void declare(const std::string& queue) const {
        amqp_queue_declare(state_, kChannel, amqp(queue), 0, 1, 0, 0, amqp_empty_table);
        check();
    }
    /** Calls `take(frame)` for each frame that is there; waits for the first when asked to. */
    template <class Take>
    void read(bool waits, Take&& take) const {
        for (;; waits = false) {
            amqp_frame_t frame;
            timeval limit{waits ? 1 : 0, 0};
            const int status = amqp_simple_wait_frame_noblock(state_, &frame, &limit);
            if (status == AMQP_STATUS_TIMEOUT) return;
            if (status != AMQP_STATUS_OK) throw std::runtime_error("RabbitMQ is gone");
            take(frame);
        }
    }
    void release() const { amqp_maybe_release_buffers_on_channel(state_, kChannel); }

  private:
    amqp_connection_state_t state_;
};

/** Publishes to a queue by the default exchange; tags count from 1. */
class Publisher {
  public:
    Publisher(std::uint64_t port, std::string queue) : amqp_(port), queue_(std::move(queue)) {
        amqp_.declare(queue_);
        amqp_confirm_select(amqp_.state(), kChannel);
        amqp_.check();
        properties_._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
        properties_.delivery_mode = 2;
        headers_[0].key = amqp(kKeyHeader);
        headers_[0].value.kind = AMQP_FIELD_KIND_UTF8;
        headers_[1].key = amqp(kNumberHeader);
        headers_[1].value.kind = AMQP_FIELD_KIND_I64;
        properties_._flags |= AMQP_BASIC_HEADERS_FLAG;
    }

    int fd() const { return amqp_.fd(); }
    /** Returns the tag of its confirmation. */
    std::uint64_t publish(std::string_view payload, std::string_view key = {}) {  // hot: per message
        headers_[0].value.value.bytes = amqp(key);
        headers_[1].value.value.i64 = static_cast<std::int64_t>(next_);
        properties_.headers = key.empty() ? amqp_table_t{1, &headers_[1]} : amqp_table_t{2, headers_.data()};
        if (amqp_basic_publish(amqp_.state(), kChannel, amqp_empty_bytes, amqp(queue_), 1, 0, &properties_,
                               amqp(payload)) != AMQP_STATUS_OK)
            throw std::runtime_error("publish failed");
        return next_++;
    }
    /** Calls `confirmed(tag, multiple)` for what the broker says. */
    template <class Confirmed>
    void take_confirms(bool waits, Confirmed&& confirmed) {
        amqp_.read(waits, [&](const amqp_frame_t& frame) {
            if (frame.payload.method.id != AMQP_BASIC_ACK_METHOD) std::abort();
            const auto& ack = *static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
            confirmed(ack.delivery_tag, ack.multiple != 0);
            amqp_.release();
        });
    }

  private:
    Amqp amqp_;
    std::string queue_;
    amqp_basic_properties_t properties_{};
    std::array<amqp_table_entry_t, 2> headers_{};  // key, number
    std::uint64_t next_ = 1;
};

/**
 * Reads a queue. Acknowledgements wait for each other, for at most 512 messages or 5 ms: each costs the broker as
 * much as several deliveries.
 */
class Consumer {
  public:
    Consumer(std::uint64_t port, const std::string& queue, std::uint64_t prefetch) : amqp_(port) {
        amqp_basic_qos(amqp_.state(), kChannel, 0, static_cast<std::uint16_t>(prefetch), 0);
        amqp_.check();
        amqp_basic_consume(amqp_.state(), kChannel, amqp(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
        amqp_.check();
    }
    ~Consumer() { send_acknowledgement(); }
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    int fd() const { return amqp_.fd(); }
    /** Calls `forward(tag, key, payload)` for each delivery that is there; the bytes are valid during the call. */
    template <class Forward>
    void take(bool waits, Forward&& forward) {
        amqp_.read(waits, [&](const amqp_frame_t& frame) { handle(frame, forward); });
    }
    /** This one and all before; 0: nothing new. */
    void acknowledge(std::uint64_t tag) {
        landed_ = std::max(landed_, tag);
        const auto now = std::chrono::steady_clock::now();
        if (landed_ - told_ < kTogether && now - told_at_ < std::chrono::milliseconds(5)) return;
        told_at_ = now;
        send_acknowledgement();
    }

  private:
    static constexpr std::uint64_t kTogether = 512;

    void send_acknowledgement() {
        if (landed_ == told_) return;
        if (amqp_basic_ack(amqp_.state(), kChannel, landed_, 1) != AMQP_STATUS_OK)
            std::cerr << "the acknowledgement failed\n";
        told_ = landed_;
    }

    static std::string_view key_of(const amqp_basic_properties_t& properties) {
        if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return {};
        for (int i = 0; i < properties.headers.num_entries; ++i) {
            const amqp_table_entry_t& entry = properties.headers.entries[i];
            if (text(entry.key) == kKeyHeader) return text(entry.value.value.bytes);
        }
        return {};
    }

    template <class Forward>
    void handle(const amqp_frame_t& frame, Forward&& forward) {  // hot: per frame
        if (frame.frame_type == AMQP_FRAME_METHOD) {
            if (frame.payload.method.id != AMQP_BASIC_DELIVER_METHOD) return;
            tag_ = static_cast<const amqp_basic_deliver_t*>(frame.payload.method.decoded)->delivery_tag;
            body_.clear();
        } else if (frame.frame_type == AMQP_FRAME_HEADER) {
            key_ = key_of(*static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded));
            missing_ = frame.payload.properties.body_size;
        } else {
            body_.append(text(frame.payload.body_fragment));
            missing_ -= frame.payload.body_fragment.len;
            if (missing_ > 0) return;
            forward(tag_, key_, std::string_view(body_));
            amqp_.release();
        }
    }

    Amqp amqp_;
    std::uint64_t landed_ = 0;
    std::uint64_t told_ = 0;
    std::chrono::steady_clock::time_point told_at_{};
    std::uint64_t tag_ = 0;
    std::uint64_t missing_ = 0;
    std::string_view key_;
    std::string body_;
};

}  // namespace leat::bare
