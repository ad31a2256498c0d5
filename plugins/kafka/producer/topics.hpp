// The topics that a producer writes to: librdkafka's handles, and how large a batch each topic takes.
//
//     Topic* topic = topics.find("orders");   // nullptr: no legal name
//     if (!topic->is_known()) topics.ask(client, worker, [this](const Topics::Limit& smallest) { ... });
//
// A batch that the broker refuses as too large is overtaken by the next one, which librdkafka has ready: a producer
// that is new to the broker may begin with any sequence number. So a topic's limit is asked before the first record
// goes there. On the shard.
//
// Topics are asked about in portions. librdkafka asks the cluster about each new handle, and its broker thread walks
// all questions that wait to be sent for each partition that has not sent anything yet: with 3,000 topics at once
// that thread did nothing else.
#pragma once
#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "worker.hpp"

namespace kafka {

/// Whether Kafka allows the name. [any-thread]
bool is_legal_topic(std::string_view name);

using TopicHandle = std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)>;

/// One topic. Lives as long as its client.
struct Topic {
    TopicHandle handle{nullptr, rd_kafka_topic_destroy};
    std::string why;  ///< there can be no handle
    /// Its limit, or that it cannot be known: records may go there, or there is a reason why not.
    bool is_known() const { return handle || !why.empty(); }
};

class Topics {
  public:
    /// So many are asked about together.
    static constexpr size_t kPortion = 100;

    Topic* find(std::string_view name);
    /// Frees all handles, before the client ends.
    void clear();
    /// How many have been looked for and are not known.
    size_t unknown() const { return unknown_.size(); }

    struct Limit {
        size_t bytes = SIZE_MAX;  ///< largest batch
        std::string topic;
    };
    using Told = std::function<void(const Limit& smallest)>;
    /// Asks about the topics that were looked for first and are not known, at most kPortion, unless it asks already;
    /// told() runs on the shard. Then they are known, but for a cluster that does not answer: ask again. A limit that
    /// the cluster does not tell (the right DescribeConfigs is missing, or the topic) stays open.
    void ask(rd_kafka_t* client, Worker& worker, Told told);
    bool is_asking() const { return question_ != nullptr; }

  private:
    struct Question;
    void answered(Question& question, const Told& told);

    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    std::unordered_map<std::string, Topic, Hash, std::equal_to<>> all_;
    std::deque<std::string> unknown_;     // in the order in which they were looked for
    std::shared_ptr<Question> question_;  // under way
};

}  // namespace kafka
