#include "sink.hpp"

#include <charconv>

namespace kafka {

void Sink::push(leat::Batch& batch) {
    leat::Settlements done;
    while (leat_message* message = batch.next()) {  // hot: per message
        if (is_stopping_) {
            done.end(*message, LEAT_ABANDON);
        } else {
            producer_.take(*this, *message);
        }
    }
    producer_.send_waiting(done);
}

void Sink::stop() {
    is_stopping_ = true;
    producer_.give_up(*this);
    stopped();
}

bool Sink::describe(const leat_message& message, Record& record, std::string& why) {
    std::string_view topic = options_.topic.text;
    if (!options_.topic.is_literal()) {
        const auto filled = options_.topic.fill(message);
        topic = leat::view(filled.text);
        if (!filled.ok) return why = "topic: " + std::string(topic), false;
    }
    if ((topic != topic_name_ || generation_ != producer_.generation()) && !find_topic(topic, why)) return false;
    record.topic = topic_;

    record.key = message.key;
    if (options_.key.is_given()) {
        const auto filled = options_.key.fill(message);
        if (!filled.ok) return why = "key: " + std::string(leat::view(filled.text)), false;
        record.key = filled.text;
    }
    if (options_.partition.is_given()) {
        const auto filled = options_.partition.fill(message);
        const std::string_view text = leat::view(filled.text);
        if (!filled.ok) return why = "partition: " + std::string(text), false;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), record.partition);
        if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || record.partition < 0) {
            return why = "no partition number: " + std::string(text), false;
        }
    }
    if (options_.timestamp) record.timestamp_ms = message.timestamp_ns / 1'000'000;
    return true;
}

bool Sink::find_topic(std::string_view name, std::string& why) {
    topic_ = producer_.topic(name);
    topic_name_ = topic_ ? name : std::string_view();
    generation_ = producer_.generation();
    if (topic_) return true;
    why = "no legal topic (1 to 249 of a-z A-Z 0-9 . _ -): ";
    why += name;
    return false;
}

}  // namespace kafka
