#include "sink.hpp"

#include <utility>

namespace leat::rabbitmq {
namespace {

constexpr std::size_t kLongestName = 255;  // a short string [AMQP 0-9-1, 4.2.5.3]

// The text of an option for this message; false: `into` says why there is none.    // hot: per message
bool fill_in(Pattern& pattern, const leat_message& message, leat_bytes& into) {
    if (pattern.is_literal()) {
        into = bytes(pattern.text);
        return true;
    }
    const Template::Result filled = pattern.fill(message);
    into = filled.text;
    return filled.ok;
}

}  // namespace

RabbitSink::RabbitSink(SinkOptions options, Publisher& publisher)
    : options_(std::move(options)), publisher_(publisher) {
    auto made = std::make_shared<SinkPlan>();
    PublishOptions& publish = made->publish;
    publish.mandatory = options_.mandatory;
    publish.delivery_mode = options_.delivery_mode;
    publish.content_type = options_.content_type;
    if (options_.expiration.count() > 0) publish.expiration = std::to_string(options_.expiration.count());
    publish.priority = options_.priority;
    publish.properties = options_.properties;
    publish.key_header = options_.key_header;
    made->topology = Topology::of(options_);
    plan = std::move(made);
}

void RabbitSink::start() {
    is_running_ = true;
    publisher_.add(*this);
}

void RabbitSink::stop() {
    is_running_ = false;
    publisher_.give_up(*this);
    stopped();
}

void RabbitSink::push(Batch& batch) {
    Settlements refused;
    std::string why;
    while (leat_message* message = batch.next()) {  // hot: per message
        leat_bytes exchange;
        leat_bytes routing_key;
        if (!is_running_) {
            refused.end(*message, LEAT_ABANDON);
        } else if (const char* what = describe(*message, exchange, routing_key, why)) {
            refused.end(*message, LEAT_REJECT, LEAT_NONE, what + (": " + why));
        } else {
            publisher_.take(*this, *message, exchange, routing_key);
        }
    }
    publisher_.flush();
}

// nullptr, or the option that has no legal value for this message.
const char* RabbitSink::describe(const leat_message& message, leat_bytes& exchange, leat_bytes& routing_key,
                                 std::string& why) {
    if (!fill_in(options_.exchange, message, exchange)) return why = view(exchange), "exchange";
    if (!fill_in(options_.routing_key, message, routing_key)) return why = view(routing_key), "routing_key";
    if (exchange.size > kLongestName) return why = "longer than the 255 bytes that AMQP allows", "exchange";
    if (routing_key.size > kLongestName) return why = "longer than the 255 bytes that AMQP allows", "routing_key";
    return nullptr;
}

}  // namespace leat::rabbitmq
