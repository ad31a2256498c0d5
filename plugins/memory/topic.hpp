// A topic: messages in order, kept until every group has settled them, never more than fit, none beyond its time.
//
//     Topic topic("alarms", limits);
//     Group& group = topic.group("route:a");
//     Topic::Stored done = topic.store({block, 0, 256}, &my_bell, now);   // full: my_bell rings when there is room
//     topic.take(group, 256, spans, &my_bell, now);                       // none: it rings when there is something
//     topic.settled(group, 256, bytes);
//
// Any thread; one lock for a batch. A bell rings by posting to its shard and must be taken out (leave, forget) before
// its owner is gone. Times are ns of the steady clock. An idle topic takes some 400 bytes.
#pragma once
#include "group.hpp"
#include "guard.hpp"

#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace leat::memory {

enum class Overflow { wait, drop_oldest, drop_newest };

/// What a topic holds at most, for its slowest group. One message is always admitted when nothing is held.
struct Limits {
    uint64_t messages = 65536;
    uint64_t bytes = 64u << 20;  ///< of topics, keys and payloads
    Overflow overflow = Overflow::wait;
};

class Topic {
  public:
    /// limits  are shared by many topics and outlive them.
    Topic(std::string name, const Limits& limits);
    Topic(const Topic&) = delete;
    Topic& operator=(const Topic&) = delete;
    ~Topic();

    const std::string& name() const { return name_; }
    uint32_t lane() const { return lane_; }

    /// The group of that name. A new one begins with the oldest message that the topic still has.
    Group& group(const std::string& name);
    void join(Group& group, Bell* member);
    void leave(Group& group, Bell* member);

    struct Stored {
        size_t stored;   ///< the first so many
        size_t dropped;  ///< as the limits say; what is neither waits: the bell is armed
    };
    /// Stores the first messages of a span, as many as there is room for. Keeps a reference of its own.
    Stored store(const Span& span, Bell* bell, int64_t now_ns);
    void forget(Bell* bell);

    /// Up to `most` messages for the group; none: the member's bell is armed.
    void take(Group& group, size_t most, std::vector<Span>& into, Bell* member, int64_t now_ns);
    void settled(Group& group, uint64_t messages, uint64_t bytes);
    /// Messages that were taken come again; see Group. Other members are told.
    void give_back(Group& group, const std::vector<leat_message>& messages);
    void requeue(Group& group, const std::vector<leat_message>& messages);
    /// Lets go what is beyond its time, so that writers who wait for room hear of it.
    void expire(int64_t now_ns);

    uint64_t held() const;  ///< messages not settled by the slowest group
    Figures figures(const Group& group) const;

  private:
    static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

    size_t room(const Span& span) const;
    uint64_t most_held(uint64_t& bytes) const;
    void make_room(const Span& span);
    void drop_front(uint64_t messages, uint64_t bytes);
    void keep(const Span& span, Chime& chime);
    void let_go(Span& span);
    void expire_due(int64_t now_ns, Chime& chime);
    void trim();
    void ring_writers(Chime& chime);

    const std::string name_;
    const uint32_t lane_;
    const Limits& limits_;
    mutable std::mutex mutex_;
    Log log_;            // what some group has not been handed out whole
    uint64_t base_ = 0;  // number of its first span
    uint64_t logged_ = 0, logged_bytes_ = 0;
    int64_t next_expiry_ns_ = kNever;  // of the log
    std::vector<std::unique_ptr<Group>> groups_;
    std::vector<Bell*> writers_;  // those that found no room
};

}  // namespace leat::memory
