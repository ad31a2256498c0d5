#include "topology.hpp"

#include <charconv>
#include <vector>

namespace leat::rabbitmq {
namespace {

// Arguments of a declaration; the strings must outlive it.
class Arguments {
  public:
    void text(const char* name, std::string_view value) {
        if (!value.empty()) add(name, AMQP_FIELD_KIND_UTF8).value.bytes = bytes_of(value);
    }
    void number(const char* name, std::int64_t value) {
        if (value != 0) add(name, AMQP_FIELD_KIND_I64).value.i64 = value;
    }
    // As the configuration writes it: whole numbers, true and false as such, else text.
    void any(std::string_view name, std::string_view value) {
        std::int64_t number = 0;
        const char* const end = value.data() + value.size();
        const auto parsed = std::from_chars(value.data(), end, number);
        if (parsed.ec == std::errc() && parsed.ptr == end)
            add(name, AMQP_FIELD_KIND_I64).value.i64 = number;
        else if (value == "true" || value == "false")
            add(name, AMQP_FIELD_KIND_BOOLEAN).value.boolean = value == "true" ? 1 : 0;
        else
            add(name, AMQP_FIELD_KIND_UTF8).value.bytes = bytes_of(value);
    }
    amqp_table_t table() { return {static_cast<int>(entries_.size()), entries_.data()}; }

  private:
    amqp_field_value_t& add(std::string_view name, amqp_field_value_kind_t kind) {
        amqp_table_entry_t& entry = entries_.emplace_back();
        entry.key = bytes_of(name);
        entry.value.kind = static_cast<std::uint8_t>(kind);
        return entry.value;
    }

    std::vector<amqp_table_entry_t> entries_;
};

constexpr const char* kQuorum = "quorum";

}  // namespace

Topology Topology::of(const SourceOptions& options) {
    Topology made;
    made.queue_ = options.queue;
    if (!options.declare) return made;
    made.is_declared_ = true;
    made.declare_ = *options.declare;
    if (!made.declare_.queue.empty()) made.queue_ = made.declare_.queue;
    made.exchange_ = made.declare_.exchange;
    return made;
}

Topology Topology::of(const SinkOptions& options) {
    Topology made;
    if (options.exchange.is_literal()) made.exchange_ = options.exchange.text;
    if (!options.declare) return made;
    made.is_declared_ = true;
    made.declare_ = *options.declare;
    if (!made.declare_.exchange.empty()) made.exchange_ = made.declare_.exchange;
    made.queue_ = made.declare_.queue;
    return made;
}

void Topology::establish(Connection& connection, amqp_channel_t channel) const {
    if (!is_declared_) return look(connection, channel, [](const std::string&) {});
    if (!exchange_.empty()) declare_exchange(connection, channel);
    if (!queue_.empty()) {
        declare_dead_letters(connection, channel);
        declare_queue(connection, channel);
    }
    if (!exchange_.empty() && !queue_.empty()) bind(connection, channel);
}

void Topology::find_exchange(Connection& connection, amqp_channel_t channel, const std::string& name) {
    amqp_exchange_declare(connection.state(), channel, bytes_of(name), bytes_of("direct"), 1, 0, 0, 0,
                          amqp_empty_table);
    connection.check(channel, "use exchange '" + name + "' (create it, or let `declare` do it)");
}

std::string Topology::find_queue(Connection& connection, amqp_channel_t channel, const std::string& name) {
    const amqp_queue_declare_ok_t* found =
        amqp_queue_declare(connection.state(), channel, bytes_of(name), 1, 0, 0, 0, amqp_empty_table);
    connection.check(channel, "use queue '" + name + "' (create it, or let `declare` do it)");
    return std::to_string(found->message_count) + " messages and " + std::to_string(found->consumer_count) +
           " consumers";
}

void Topology::declare_exchange(Connection& connection, amqp_channel_t channel) const {
    Arguments arguments;
    arguments.text("alternate-exchange", declare_.alternate_exchange);
    if (queue_.empty()) {
        for (const auto& [name, value] : declare_.arguments) arguments.any(name, value);
    }
    amqp_exchange_declare(connection.state(), channel, bytes_of(exchange_), bytes_of(declare_.exchange_type), 0,
                          declare_.durable, declare_.auto_delete, 0, arguments.table());
    connection.check(channel, "declare exchange '" + exchange_ + "'");
}

void Topology::declare_dead_letters(Connection& connection, amqp_channel_t channel) const {
    // A queue may name one that is not there: its dead letters would be lost without a word.
    if (!declare_.dead_letter_exchange.empty()) find_exchange(connection, channel, declare_.dead_letter_exchange);
    const std::string& name = declare_.dead_letter_queue;
    if (name.empty()) return;
    Arguments arguments;
    if (declare_.queue_type == QueueType::quorum) arguments.text("x-queue-type", kQuorum);
    amqp_queue_declare(connection.state(), channel, bytes_of(name), 0, 1, 0, 0, arguments.table());
    connection.check(channel, "declare queue '" + name + "'");
    if (declare_.dead_letter_exchange.empty()) return;
    const std::string& key = declare_.dead_letter_routing_key;
    amqp_queue_bind(connection.state(), channel, bytes_of(name), bytes_of(declare_.dead_letter_exchange),
                    bytes_of(key.empty() ? name : key), amqp_empty_table);
    connection.check(channel, "bind queue '" + name + "' to exchange '" + declare_.dead_letter_exchange + "'");
}

void Topology::declare_queue(Connection& connection, amqp_channel_t channel) const {
    Arguments arguments;
    const bool is_quorum = declare_.queue_type == QueueType::quorum;
    if (is_quorum) arguments.text("x-queue-type", kQuorum);
    const bool has_dead_letters = !declare_.dead_letter_exchange.empty() || !declare_.dead_letter_queue.empty();
    if (has_dead_letters) arguments.any("x-dead-letter-exchange", declare_.dead_letter_exchange);
    const std::string& key = declare_.dead_letter_routing_key;
    arguments.text("x-dead-letter-routing-key", key.empty() ? declare_.dead_letter_queue : key);
    arguments.number("x-message-ttl", declare_.message_ttl.count());
    arguments.number("x-expires", declare_.expires.count());
    arguments.number("x-max-length", declare_.max_length);
    arguments.number("x-max-length-bytes", static_cast<std::int64_t>(declare_.max_length_bytes.bytes));
    const std::string overflow = declare_.overflow == Overflow::reject_publish ? "reject-publish" : "";
    arguments.text("x-overflow", overflow);
    for (const auto& [name, value] : declare_.arguments) arguments.any(name, value);
    amqp_queue_declare(connection.state(), channel, bytes_of(queue_), 0, declare_.durable || is_quorum,
                       declare_.exclusive, declare_.auto_delete && !is_quorum, arguments.table());
    connection.check(channel, "declare queue '" + queue_ + "'");
}

void Topology::bind(Connection& connection, amqp_channel_t channel) const {
    std::vector<std::string> keys = declare_.routing_keys;
    if (keys.empty()) keys.emplace_back();
    for (const std::string& key : keys) {
        amqp_queue_bind(connection.state(), channel, bytes_of(queue_), bytes_of(exchange_), bytes_of(key),
                        amqp_empty_table);
        connection.check(channel, "bind queue '" + queue_ + "' to exchange '" + exchange_ + "'");
    }
}

}  // namespace leat::rabbitmq
