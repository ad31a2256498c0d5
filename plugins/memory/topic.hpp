// A topic: messages in order, kept until every group has settled them, never more than fit.
//
//     Topic topic("alarms", {65536, 64 << 20});
//     Group& group = topic.group("route:a");
//     size_t stored = topic.store({block, 0, 256}, &my_bell);   // less than 256: full; my_bell rings when there is
//     room topic.take(group, 256, spans, &my_bell);                  // none: my_bell rings when there is something
//     topic.settled(group, 256, bytes);
//
// Any thread; one lock for a batch. A bell rings by posting to its shard and must be taken out (leave, forget) before
// its owner is gone.
#pragma once
#include "group.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace leat::memory {

/// What a topic holds at most, for its slowest group. One message is always admitted when nothing is held.
struct Limits {
    uint64_t messages;
    uint64_t bytes;  ///< of topics, keys and payloads
};

class Topic {
  public:
    Topic(std::string name, Limits limits);
    Topic(const Topic&) = delete;
    Topic& operator=(const Topic&) = delete;
    ~Topic();

    const std::string& name() const { return name_; }
    uint32_t lane() const { return lane_; }

    /// The group of that name. A new one begins with the oldest message that the topic still has.
    Group& group(const std::string& name);
    void join(Group& group, Bell* member);
    void leave(Group& group, Bell* member);

    /// Stores the first messages of a span, as many as there is room for, and says how many. Keeps a reference of its
    /// own. When not all had room, the bell is armed.
    size_t store(const Span& span, Bell* bell);
    void forget(Bell* bell);

    /// Up to `most` messages for the group; none: the member's bell is armed.
    void take(Group& group, size_t most, std::vector<Span>& into, Bell* member);
    void settled(Group& group, uint64_t messages, uint64_t bytes);
    /// Messages that were taken come again; see Group. Other members are told.
    void give_back(Group& group, const std::vector<leat_message>& messages);

    uint64_t held() const;  ///< messages not settled by the slowest group

  private:
    size_t room(const Span& span) const;
    uint64_t most_held(uint64_t& bytes) const;
    void trim();

    const std::string name_;
    const uint32_t lane_;
    const Limits limits_;
    mutable std::mutex mutex_;
    std::deque<Span> log_;  // what some group has not been handed out whole
    uint64_t base_ = 0;     // number of its first span
    uint64_t logged_ = 0, logged_bytes_ = 0;
    std::vector<std::unique_ptr<Group>> groups_;
    std::vector<Bell*> writers_;  // those that found no room
};

}  // namespace leat::memory
