// Between AMQP's properties and messages, both ways.
//
//   content type       header content-type            correlation id   header amqp-correlation-id
//   content encoding   header content-encoding        reply-to         header amqp-reply-to
//   timestamp          the message's time (seconds)   message id       header amqp-message-id
//   routing key        the message's topic            type, app id     headers amqp-type, amqp-app-id
//   exchange           header leat-exchange           user id          header amqp-user-id (not sent)
//   expiration         header amqp-expiration (ms)    priority         header amqp-priority
//   delivery mode      header amqp-delivery-mode, where it is not 2 (persistent)
//   headers            headers of the same name, as text; the one named by key_header is the key
//
// One thread at a time for each object.
#pragma once

#include <amqp.h>
#include <amqp_framing.h>
#include <leat/sdk/flow/message.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "options.hpp"

namespace leat::rabbitmq {

/// The AMQP header by which a returned message is recognised; never shown to a route.
inline constexpr std::string_view kSequenceHeader = "leat-sequence";

/// One delivery, before its body.
struct Delivery {
    amqp_bytes_t exchange, routing_key;
    const amqp_basic_properties_t* properties;
    std::size_t body_size;
    bool is_redelivered;
};

/// From a delivery to a message.
///
///     char* at = reserve(reader.measure(delivery));     // 16-byte aligned
///     char* body = reader.write(delivery, at, message); // where body_size bytes go
class DeliveryReader {
  public:
    DeliveryReader(std::string key_header, bool takes_properties)
        : key_header_(std::move(key_header)), takes_properties_(takes_properties) {}

    /// The largest body that is taken; RabbitMQ itself takes 512 MiB at most [max_message_size].
    static constexpr std::size_t kLargestBody = std::size_t{2} << 30;

    /// Bytes for headers, their texts, topic, key and body. Throws std::length_error where a body of more than
    /// kLargestBody is announced.                                                               // hot: per message
    std::size_t measure(const Delivery& delivery);
    /// Fills everything but buffer, receipt and lane; the payload's bytes are the caller's to write.   // hot: per
    /// message
    char* write(const Delivery& delivery, char* at, leat_message& message);

  private:
    std::string key_header_;
    bool takes_properties_;
    std::string scratch_;
};

/// What a sink adds to each message.
struct PublishOptions {
    bool mandatory = true;
    DeliveryMode delivery_mode = DeliveryMode::persistent;
    std::string content_type;    ///< empty: the header's
    std::string expiration;      ///< milliseconds in decimal; empty: the header's
    std::int64_t priority = -1;  ///< -1: the header's
    bool properties = true;
    std::string key_header;
};

/// From a message to properties, which point into the message and the options until the next one.
class PropertiesWriter {
  public:
    /// sequence  travels with a mandatory message, so that a return can be matched.
    /// nullptr, or why the message cannot be one of AMQP.                                       // hot: per message
    const char* fill(const leat_message& message, const PublishOptions& options, std::uint64_t sequence);
    [[nodiscard]] const amqp_basic_properties_t& properties() const { return properties_; }
    /// Bytes that they take on the wire; all must fit into one frame.
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    bool take_property(std::string_view name, std::string_view value, const PublishOptions& options);
    bool set_text(amqp_bytes_t& property, amqp_flags_t flag, std::string_view value);
    void add_text(std::string_view name, leat_bytes value);

    amqp_basic_properties_t properties_{};
    std::vector<amqp_table_entry_t> entries_;
    std::size_t size_ = 0;
    const char* fault_ = nullptr;
};

/// The number that a returned message was sent with; 0: none can be read.
[[nodiscard]] std::uint64_t sequence_of(const amqp_basic_properties_t& properties);

}  // namespace leat::rabbitmq
