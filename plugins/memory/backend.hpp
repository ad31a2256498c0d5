// The topics of one configured backend, shared by all shards.
#pragma once
#include <leat/sdk/backend.hpp>

#include "options.hpp"
#include "topic.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace leat::memory {

/// Topics by name; made when first named. Any thread.
class Topics {
  public:
    Topics() = default;
    /// Before the first topic is made.
    void limit(const Limits& of_each, uint64_t count) { limits_ = of_each, most_ = count; }
    /// nullptr: there are too many. The topic lives as long as this.
    Topic* find(std::string_view name);
    size_t size() const;

  private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string_view, std::unique_ptr<Topic>> topics_;  // the names are the topics' own
    Limits limits_;
    uint64_t most_ = 0;
};

class Backend : public leat::Backend {
  public:
    using SourceOptions = memory::SourceOptions;
    using SinkOptions = memory::SinkOptions;
    static constexpr const char* kPromise =
        "Landed: stored in the topic; it does not survive the process, its ttl, or a full topic that is told to "
        "drop. "
        "Acknowledged: removed, when every group has acknowledged it. What a stopped route had not finished is "
        "delivered again by the next subscriber.";
    static constexpr uint64_t kMaxInFlight = 4096;

    uint64_t capacity = 65536;
    Size capacity_bytes{64u << 20};
    Overflow overflow = Overflow::wait;
    Nanoseconds ttl{0};
    uint64_t max_topics = 10000;

    static auto options() {
        return leat::options(
            option<&Backend::capacity>("capacity", "The most messages that a topic holds for its slowest group.")
                .range(1, 1e9),
            option<&Backend::capacity_bytes>("capacity_bytes",
                                             "The most bytes of topics, keys and payloads in a topic.")
                .range(1, 1e15),
            option<&Backend::overflow>("overflow",
                                       "What a full topic does. wait: it holds its writers back. drop_oldest: each "
                                       "group loses the oldest that it was not given yet. drop_newest: what finds no "
                                       "room is discarded.")
                .allowed({"wait", "drop_oldest", "drop_newest"}),
            option<&Backend::ttl>("ttl", "Messages that wait longer for a reader are dropped; 0: never.")
                .range(0, 9e18)
                .example("\"10s\""),
            option<&Backend::max_topics>("max_topics", "The most topics; a message for one more is rejected.")
                .range(1, 1e7)
                .advanced());
    }

    void open() override { topics_.limit({capacity, capacity_bytes.bytes, overflow}, max_topics); }
    std::unique_ptr<leat::Source> source(const Setup& setup, const SourceOptions& options);
    std::unique_ptr<leat::Sink> sink(const Setup& setup, Part*, SinkOptions options);
    static void check(const leat_check& configured);

  private:
    Topics topics_;
};

}  // namespace leat::memory
