// Where one group of readers stands in a topic: what comes next, what was given back, how much it holds.
//
// A part of Topic: every call under the topic's mutex.
#pragma once
#include <leat/sdk/services.hpp>

#include "crossing.hpp"

#include <deque>
#include <string>
#include <vector>

namespace leat::memory {

/// Some of a block's messages, with a reference to the block.
struct Span {
    Block* block;
    uint32_t begin;
    uint32_t end;
};

/// How to call somebody on another shard, once: set while he waits.
struct Bell {
    Services services;
    Services::Call call = nullptr;
    void* arg = nullptr;
    bool is_armed = false;

    void ring() {
        if (!is_armed) return;
        is_armed = false;
        services.post(call, arg);
    }
};

class Group {
  public:
    explicit Group(std::string name, uint64_t position) : name_(std::move(name)), next_(position) {}
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    ~Group();

    const std::string& name() const { return name_; }

    /// Number in the log of the first span that was not handed out whole.
    uint64_t position() const { return next_; }
    /// Takes up to `most` messages: those given back first, then from the log, whose first span has number `base`.
    void take(const std::deque<Span>& log, uint64_t base, size_t most, std::vector<Span>& into);
    /// Messages that were taken and not settled come again, before all others and in the order given.
    void give_back(const std::vector<leat_message>& messages);

    void stored(uint64_t messages, uint64_t bytes) { held_ += messages, held_bytes_ += bytes; }
    void settled(uint64_t messages, uint64_t bytes) { held_ -= messages, held_bytes_ -= bytes; }
    uint64_t held() const { return held_; }  ///< messages stored for this group and not settled
    uint64_t held_bytes() const { return held_bytes_; }

    void join(Bell* member) { members_.push_back(member); }
    void leave(Bell* member);
    void ring() {
        for (Bell* member : members_) member->ring();
    }

  private:
    std::string name_;
    uint64_t next_;
    uint32_t offset_ = 0;  // messages of that span that were handed out
    std::deque<Span> returned_;
    uint64_t held_ = 0;
    uint64_t held_bytes_ = 0;
    std::vector<Bell*> members_;
};

}  // namespace leat::memory
