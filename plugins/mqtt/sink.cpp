#include "sink.hpp"

#include <cstring>
#include <utility>

#include "settings.hpp"
#include "topic.hpp"

namespace leat::mqtt {

MqttSink::MqttSink(SinkOptions options, SinkConnection& connection, std::size_t max_packet_size)
    : options_(std::move(options)), connection_(connection), max_packet_size_(max_packet_size) {
    properties_.content_type = options_.content_type;
    properties_.message_expiry = expiry_of(options_.message_expiry);
    properties_.user_properties = options_.user_properties;
}

void MqttSink::start() {
    is_running_ = true;
    number_ = connection_.join(*this);
}

void MqttSink::stop() {
    is_running_ = false;
    connection_.leave(number_);
    stopped();
}

void MqttSink::connection_state(std::uint32_t state, const std::string& why, Nanoseconds next_attempt) {
    services().host->state(services().me, state, bytes(why), next_attempt.count());
}

void MqttSink::push(Batch& batch) {
    if (!is_running_) {
        Settlements done;
        while (const leat_message* m = batch.next()) done.end(*m, LEAT_ABANDON);
        return;
    }
    std::string_view why;
    while (const leat_message* m = batch.next())  // hot: per message
        if (!take(*m, why)) Settlements().end(*m, LEAT_REJECT, LEAT_NONE, why);
    connection_.send_soon();
}

std::string MqttSink::unmet(const Connack& granted) const {
    if (options_.qos > granted.maximum_qos) {
        const std::string most = std::to_string(granted.maximum_qos);
        return "the broker takes " + (most == "0" ? "QoS 0 only" : "at most QoS " + most) + ": set qos to " + most;
    }
    if (options_.retain && !granted.retain_available)
        return "the broker keeps no retained messages: set retain to false";
    return {};
}

// Hands one message to the connection. False: it cannot be published, and `why` says why not.
bool MqttSink::take(const leat_message& message, std::string_view& why) {  // hot: per message
    const Template::Result topic = options_.topic(message);
    if (!topic.ok) return why = view(topic.text), false;
    if (const char* fault = check_topic(view(topic.text))) return why = fault, false;
    const Version version = connection_.version();
    const bool has_properties = version == Version::v5;
    Fault fault = nullptr;
    const std::size_t size = has_properties ? properties_size(message, properties_, fault) : 0;
    if (fault != nullptr) return why = fault, false;

    Outbound::Item item;
    std::uint8_t* const memory = connection_.reserve(topic.text.size + size);
    std::memcpy(memory, topic.text.data, topic.text.size);
    if (has_properties) write_properties(memory + topic.text.size, message, properties_);
    item.publish.topic = as_text({memory, topic.text.size});
    item.publish.properties = {memory + topic.text.size, size};
    item.publish.payload = as_bytes(view(message.payload));
    item.publish.qos = static_cast<std::uint8_t>(options_.qos);
    item.publish.retain = options_.retain;
    if (publish_size(item.publish, version) > max_packet_size_) return why = "larger than max_packet_size", false;
    item.receipt = message.receipt;
    item.buffer = message.buffer;
    item.scratch = connection_.scratch();
    item.sink = number_;
    connection_.add(item);
    return true;
}

}  // namespace leat::mqtt
