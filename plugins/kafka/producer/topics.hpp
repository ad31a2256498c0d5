// The topics that a producer writes to: librdkafka's handles, and how large a batch each topic takes.
//
//     Topic* topic = topics.find(client, "orders");   // nullptr: no legal name
//     if (!topic->is_known) topics.ask(client, worker, [this](const Topics::Limit& smallest) { ... });
//
// A batch that the broker refuses as too large is overtaken by the next one, which librdkafka has ready: a producer
// that is new to the broker may begin with any sequence number. So a topic's limit is asked before the first record
// goes there. On the shard.
#pragma once
#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "worker.hpp"

namespace kafka {

/// One topic. Lives as long as its client.
struct Topic {
    rd_kafka_topic_t* handle = nullptr;
    bool is_known = false;  ///< its limit, or that it cannot be known: records may go there
};

class Topics {
  public:
    ~Topics() { clear(); }

    Topic* find(rd_kafka_t* client, std::string_view name);
    /// Frees all handles, before the client ends.
    void clear();

    struct Limit {
        size_t bytes = SIZE_MAX;  ///< largest batch
        std::string topic;
    };
    using Told = std::function<void(const Limit& smallest)>;
    /// Asks for the limits of all topics that have been looked for and are not known, unless it asks already; told()
    /// runs on the shard. Then they are known, but for a cluster that does not answer: ask again. A limit that the
    /// cluster does not tell (the right DescribeConfigs is missing, or the topic) stays open.
    void ask(rd_kafka_t* client, Worker& worker, Told told);
    bool is_asking() const { return question_ != nullptr; }

  private:
    struct Question;
    void answered(const Question& question, const Told& told);

    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    std::unordered_map<std::string, Topic, Hash, std::equal_to<>> all_;
    std::shared_ptr<Question> question_;  // under way
};

}  // namespace kafka
