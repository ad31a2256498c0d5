#include "producer/topics.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace kafka {
namespace {

constexpr int kMetadataPatience = 1000;  // ms; short, because a stop waits for it
constexpr int kPatience = 3000;          // ms

using Settings = std::unique_ptr<rd_kafka_ConfigResource_t, decltype(&rd_kafka_ConfigResource_destroy)>;

Settings ask_for(rd_kafka_ResourceType_t type, const std::string& name) {
    Settings settings(rd_kafka_ConfigResource_new(type, name.c_str()), rd_kafka_ConfigResource_destroy);
    rd_kafka_ConfigResource_set_config(settings.get(), "max.message.bytes", "");  // the name alone is sent
    rd_kafka_ConfigResource_set_config(settings.get(), "segment.bytes", "");
    return settings;
}

// A broker that answers a question about the topic, as a word; "" when none does.
std::string any_broker(rd_kafka_t* client, rd_kafka_topic_t* topic) {
    const rd_kafka_metadata_t* found = nullptr;
    if (rd_kafka_metadata(client, 0, topic, &found, kMetadataPatience)) return {};
    const int32_t broker = found->orig_broker_id;
    rd_kafka_metadata_destroy(found);
    return std::to_string(broker);
}

// The largest batch that the settings of a topic allow.
size_t largest_batch(const rd_kafka_ConfigResource_t* settings) {
    size_t least = SIZE_MAX;
    size_t count = 0;
    const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(settings, &count);
    for (size_t i = 0; i < count; ++i) {
        const std::string_view name = rd_kafka_ConfigEntry_name(entries[i]);
        const char* value = rd_kafka_ConfigEntry_value(entries[i]);
        if (!value || (name != "max.message.bytes" && name != "segment.bytes")) continue;
        const std::string_view text = value;
        size_t bytes = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), bytes);
        if (parsed.ec == std::errc()) least = std::min(least, bytes);
    }
    return least;
}

}  // namespace

// [Kafka: Topic.LEGAL_CHARS, MAX_NAME_LENGTH]
bool is_legal_topic(std::string_view name) {
    if (name.empty() || name.size() > 249 || name == "." || name == "..") return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
}

Topic* Topics::find(std::string_view name) {
    if (const auto found = all_.find(name); found != all_.end()) return &found->second;
    if (!is_legal_topic(name)) return nullptr;
    unknown_.emplace_back(name);
    return &all_.try_emplace(std::string(name)).first->second;
}

void Topics::clear() {
    all_.clear();
    unknown_.clear();
    question_.reset();
}

struct Topics::Question {
    std::vector<std::string> topics;
    std::vector<Topic> made;  // of the topics, when answered; gone before the client is
    Limit smallest;
    bool is_answered = false;

    // Blocks; on the worker's thread. A new handle makes librdkafka ask about its topic, and a broker that makes
    // topics on demand make it: the answer about the last one comes behind those. A broker is named beside the
    // topics, or librdkafka would go to the controller, with a connection for that alone.
    void ask(rd_kafka_t* client) {
        for (const std::string& topic : topics) {
            Topic& one = made.emplace_back();
            one.handle.reset(rd_kafka_topic_new(client, topic.c_str(), nullptr));
            if (!one.handle) one.why = "topic " + topic + ": " + rd_kafka_err2str(rd_kafka_last_error());
        }
        const std::string broker = any_broker(client, made.back().handle.get());
        if (broker.empty()) return;
        std::vector<Settings> wanted;
        wanted.push_back(ask_for(RD_KAFKA_RESOURCE_BROKER, broker));
        for (const std::string& topic : topics) wanted.push_back(ask_for(RD_KAFKA_RESOURCE_TOPIC, topic));
        std::vector<rd_kafka_ConfigResource_t*> all;
        for (const Settings& one : wanted) all.push_back(one.get());

        char why[256];
        rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
        rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
        rd_kafka_AdminOptions_set_request_timeout(options, kPatience, why, sizeof why);
        rd_kafka_DescribeConfigs(client, all.data(), all.size(), options, queue);
        rd_kafka_AdminOptions_destroy(options);
        rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 2 * kPatience);
        if (event) read(event);
        rd_kafka_event_destroy(event);
        rd_kafka_queue_destroy(queue);
        is_answered = true;  // or will not be: a broker without this request, or one that is too busy
    }

    void read(rd_kafka_event_t* event) {
        const auto* result = rd_kafka_event_DescribeConfigs_result(event);
        if (!result || rd_kafka_event_error(event)) return;
        size_t count = 0;
        const rd_kafka_ConfigResource_t** answers = rd_kafka_DescribeConfigs_result_resources(result, &count);
        for (size_t i = 0; i < count; ++i) {
            if (rd_kafka_ConfigResource_type(answers[i]) != RD_KAFKA_RESOURCE_TOPIC) continue;
            const size_t bytes = rd_kafka_ConfigResource_error(answers[i]) ? SIZE_MAX : largest_batch(answers[i]);
            if (bytes < smallest.bytes) smallest = {bytes, rd_kafka_ConfigResource_name(answers[i])};
        }
    }
};

void Topics::ask(rd_kafka_t* client, Worker& worker, Told told) {
    if (question_ || unknown_.empty()) return;
    question_ = std::make_shared<Question>();
    const auto end = unknown_.begin() + static_cast<std::ptrdiff_t>(std::min(unknown_.size(), kPortion));
    question_->topics.assign(unknown_.begin(), end);
    worker.run([client, question = question_] { question->ask(client); },
               [this, question = std::weak_ptr(question_), told = std::move(told)] {
                   if (const auto asked = question.lock(); asked && asked == question_) answered(*asked, told);
               });
}

void Topics::answered(Question& question, const Told& told) {
    const std::shared_ptr<Question> ended = std::move(question_);
    if (question.is_answered) {
        for (size_t i = 0; i < question.topics.size(); ++i) {
            all_.find(question.topics[i])->second = std::move(question.made[i]);
        }
        unknown_.erase(unknown_.begin(), unknown_.begin() + static_cast<std::ptrdiff_t>(question.topics.size()));
    }
    question.made.clear();  // told() may end the client
    told(question.smallest);
}

}  // namespace kafka
