// Where one group of readers stands in a topic: what comes next, what was given back, how much it holds.
//
// A part of Topic: every call under the topic's mutex.
#pragma once
#include "bell.hpp"
#include "crossing.hpp"
#include "queue.hpp"

#include <string>
#include <vector>

namespace leat::memory {

/// Some of a block's messages, with a reference to the block. In a log: without block where they are gone.
struct Span {
    Block* block = nullptr;
    uint32_t begin = 0;
    uint32_t end = 0;

    uint32_t size() const { return end - begin; }
};
using Log = Queue<Span>;

/// Bytes of topics, keys and payloads of some of a block's messages.
uint64_t bytes_of(const Block& block, uint32_t begin, uint32_t end);

/// What a group has done in a topic. All but depth, bytes and oldest only grow.
struct Figures {
    uint64_t depth = 0;  ///< messages stored for the group and not settled
    uint64_t bytes = 0;  ///< theirs
    uint64_t published = 0;
    uint64_t delivered = 0;    ///< handed to members, again too
    uint64_t settled = 0;      ///< acknowledged or rejected
    uint64_t redelivered = 0;  ///< handed out again, after a retry or a member's stop
    uint64_t dropped = 0;      ///< for want of room
    uint64_t expired = 0;
    int64_t oldest_ns = 0;  ///< when the first that was never delivered was stored, by the steady clock; 0: none
};

class Group {
  public:
    Group(std::string name, uint64_t position) : name_(std::move(name)), next_(position) {}
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    ~Group();

    const std::string& name() const { return name_; }

    /// Number in the log of the first span that was not handed out whole.
    uint64_t position() const { return next_; }
    /// Takes up to `most` messages: those given back first, then from the log, whose first span has number `base`.
    void take(const Log& log, uint64_t base, size_t most, std::vector<Span>& into);
    /// Messages that were taken and not settled come again, before all others and in the order given.
    void give_back(const std::vector<leat_message>& messages);
    /// The same, but behind what was given back before.
    void requeue(const std::vector<leat_message>& messages);
    /// Passes over the oldest that were never handed out, until so many messages and bytes are gone or none is left.
    void drop_oldest(const Log& log, uint64_t base, uint64_t messages, uint64_t bytes);
    /// The span of number `at` is about to go.
    void expire(const Span& span, uint64_t at);
    /// Passes over spans without messages.
    void skip_gone(const Log& log, uint64_t base);

    void stored(uint64_t messages, uint64_t bytes);
    void settled(uint64_t messages, uint64_t bytes);
    void lost(uint64_t messages) { figures_.dropped += messages; }  ///< that never found room
    uint64_t held() const { return figures_.depth; }
    uint64_t held_bytes() const { return figures_.bytes; }
    Figures figures(const Log& log, uint64_t base) const;

    void join(Bell* member) { members_.push_back(member); }
    void leave(Bell* member);
    void ring(Chime& chime) {
        for (Bell* member : members_) chime.add(*member);
    }

  private:
    std::string name_;
    std::vector<Bell*> members_;
    Queue<Span> returned_;
    uint64_t next_;
    uint32_t offset_ = 0;  // messages of that span that were handed out
    Figures figures_;
};

}  // namespace leat::memory
