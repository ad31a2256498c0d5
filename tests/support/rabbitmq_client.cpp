#include "support/rabbitmq_client.hpp"

#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace leat::test {
namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr std::size_t kWindow = 1000;

amqp_bytes_t of(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }
std::string text(amqp_bytes_t b) { return {static_cast<const char*>(b.bytes), b.len}; }

std::string words(const amqp_rpc_reply_t& reply) {
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) return amqp_error_string2(reply.library_error);
    if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD)
        return text(static_cast<const amqp_channel_close_t*>(reply.reply.decoded)->reply_text);
    return "the connection was closed";
}

AmqpClient::Message read(const amqp_envelope_t& envelope) {
    AmqpClient::Message m;
    const amqp_basic_properties_t& p = envelope.message.properties;
    m.payload = text(envelope.message.body);
    m.exchange = text(envelope.exchange);
    m.routing_key = text(envelope.routing_key);
    m.is_redelivered = envelope.redelivered != 0;
    const auto has = [&](amqp_flags_t flag) { return (p._flags & flag) != 0; };
    if (has(AMQP_BASIC_CONTENT_TYPE_FLAG)) m.content_type = text(p.content_type);
    if (has(AMQP_BASIC_CORRELATION_ID_FLAG)) m.correlation_id = text(p.correlation_id);
    if (has(AMQP_BASIC_REPLY_TO_FLAG)) m.reply_to = text(p.reply_to);
    if (has(AMQP_BASIC_MESSAGE_ID_FLAG)) m.message_id = text(p.message_id);
    if (has(AMQP_BASIC_TYPE_FLAG)) m.type = text(p.type);
    if (has(AMQP_BASIC_APP_ID_FLAG)) m.app_id = text(p.app_id);
    if (has(AMQP_BASIC_EXPIRATION_FLAG)) m.expiration = text(p.expiration);
    if (has(AMQP_BASIC_DELIVERY_MODE_FLAG)) m.delivery_mode = p.delivery_mode;
    if (has(AMQP_BASIC_PRIORITY_FLAG)) m.priority = p.priority;
    if (has(AMQP_BASIC_TIMESTAMP_FLAG)) m.timestamp = p.timestamp;
    for (int i = 0; has(AMQP_BASIC_HEADERS_FLAG) && i < p.headers.num_entries; ++i) {
        const amqp_table_entry_t& entry = p.headers.entries[i];
        if (entry.value.kind == AMQP_FIELD_KIND_UTF8) m.headers[text(entry.key)] = text(entry.value.value.bytes);
    }
    return m;
}

}  // namespace

AmqpClient::AmqpClient(std::uint16_t port) : state_(amqp_new_connection()) {
    amqp_socket_t* socket = amqp_tcp_socket_new(state_);
    if (amqp_socket_open(socket, "127.0.0.1", port) != AMQP_STATUS_OK) throw std::runtime_error("RabbitMQ is away");
    const amqp_rpc_reply_t reply =
        amqp_login(state_, "/", 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("log in: " + words(reply));
    amqp_channel_open(state_, kChannel);
    check("open a channel");
    amqp_confirm_select(state_, kChannel);
    check("confirm.select");
}

AmqpClient::~AmqpClient() { amqp_destroy_connection(state_); }

void AmqpClient::check(const char* what) {
    const amqp_rpc_reply_t reply = amqp_get_rpc_reply(state_);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error(std::string(what) + ": " + words(reply));
}

void AmqpClient::declare(const std::string& queue, const Queue& options) {
    std::map<std::string, std::string> wanted = options.arguments;
    if (options.is_quorum) wanted["x-queue-type"] = "quorum";
    std::vector<amqp_table_entry_t> entries;
    for (const auto& [name, value] : wanted) {
        amqp_table_entry_t& entry = entries.emplace_back();
        entry.key = of(name);
        entry.value.kind = AMQP_FIELD_KIND_UTF8;
        entry.value.value.bytes = of(value);
    }
    for (const auto& [name, value] : options.numbers) {
        amqp_table_entry_t& entry = entries.emplace_back();
        entry.key = of(name);
        entry.value.kind = AMQP_FIELD_KIND_I64;
        entry.value.value.i64 = value;
    }
    amqp_queue_declare(state_, kChannel, of(queue), 0, 1, 0, 0, {static_cast<int>(entries.size()), entries.data()});
    check("queue.declare");
}

void AmqpClient::declare_exchange(const std::string& exchange, const std::string& type) {
    amqp_exchange_declare(state_, kChannel, of(exchange), of(type), 0, 1, 0, 0, amqp_empty_table);
    check("exchange.declare");
}

void AmqpClient::bind(const std::string& queue, const std::string& exchange, const std::string& routing_key) {
    amqp_queue_bind(state_, kChannel, of(queue), of(exchange), of(routing_key), amqp_empty_table);
    check("queue.bind");
}

void AmqpClient::remove(const std::string& queue) {
    amqp_queue_delete(state_, kChannel, of(queue), 0, 0);
    check("queue.delete");
}

int AmqpClient::count(const std::string& queue) {
    constexpr amqp_channel_t kAsking = 2;  // closed by the broker when there is none
    amqp_channel_open(state_, kAsking);
    const amqp_queue_declare_ok_t* found =
        amqp_queue_declare(state_, kAsking, of(queue), 1, 0, 0, 0, amqp_empty_table);
    if (found == nullptr) {
        amqp_channel_close_ok_t ok{};
        amqp_send_method(state_, kAsking, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
        return -1;
    }
    const int messages = static_cast<int>(found->message_count);
    amqp_channel_close(state_, kAsking, AMQP_REPLY_SUCCESS);
    return messages;
}

void AmqpClient::publish(const std::string& exchange, const std::string& routing_key,
                         const std::vector<std::string>& payloads, const amqp_basic_properties_t* properties) {
    amqp_basic_properties_t persistent{};
    persistent._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    persistent.delivery_mode = 2;
    std::size_t sent = 0;
    std::size_t confirmed = 0;
    std::vector<char> seen(payloads.size() + 1);
    const std::uint64_t before = published_;
    while (confirmed < payloads.size()) {
        while (sent < payloads.size() && sent - confirmed < kWindow) {
            if (amqp_basic_publish(state_, kChannel, of(exchange), of(routing_key), 0, 0,
                                   properties != nullptr ? properties : &persistent, of(payloads[sent])) != 0)
                throw std::runtime_error("basic.publish failed");
            ++sent;
        }
        amqp_frame_t frame;
        if (amqp_simple_wait_frame(state_, &frame) != AMQP_STATUS_OK) throw std::runtime_error("no confirmation");
        if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
            throw std::runtime_error("the broker answers with something else than a confirmation");
        const auto& ack = *static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
        const std::size_t last = ack.delivery_tag - before;
        for (std::size_t i = ack.multiple != 0 ? 1 : last; i <= last; ++i) {
            if (seen[i]++ == 0) ++confirmed;
        }
        amqp_maybe_release_buffers(state_);
    }
    published_ += payloads.size();
}

std::vector<AmqpClient::Message> AmqpClient::take(const std::string& queue, std::size_t most,
                                                  std::chrono::milliseconds idle) {
    constexpr std::uint16_t kPrefetch = 2000;
    amqp_basic_qos(state_, kChannel, 0, static_cast<std::uint16_t>(std::min<std::size_t>(most, kPrefetch)), 0);
    const std::string tag = "taker";
    amqp_basic_consume(state_, kChannel, of(queue), of(tag), 0, 0, 0, amqp_empty_table);
    check("basic.consume");
    std::vector<Message> taken;
    while (taken.size() < most) {
        amqp_maybe_release_buffers(state_);
        amqp_envelope_t envelope;
        timeval limit{static_cast<time_t>(idle.count() / 1000), static_cast<suseconds_t>(idle.count() % 1000 * 1000)};
        const amqp_rpc_reply_t reply = amqp_consume_message(state_, &envelope, &limit, 0);
        if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION && reply.library_error == AMQP_STATUS_TIMEOUT) break;
        if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("consume: " + words(reply));
        taken.push_back(read(envelope));
        amqp_basic_ack(state_, kChannel, envelope.delivery_tag, 0);
        amqp_destroy_envelope(&envelope);
    }
    amqp_basic_cancel(state_, kChannel, of(tag));
    check("basic.cancel");
    return taken;
}

}  // namespace leat::test
