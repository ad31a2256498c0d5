// Messages that are being collected to become one: their payloads and receipts, and what they have in common.
//
//     group.open(services, first, place, value, due);
//     group.add(message);                        // also the first; keeps payload and receipt, not the message
//     leat_message merged = group.merge(services, format, lane);   // empties it, but for parts()
//
// On the shard.
#pragma once
#include <leat/sdk/flow/buffer.hpp>

#include <string>
#include <vector>

#include "holding/id.hpp"
#include "merge.hpp"

namespace leat::batch {

/// What is kept of one message.
struct Part {
    leat_receipt receipt{};
    uint32_t lane = 0;
    size_t size = 0;  // of its payload
};

class Group {
  public:
    /// Begins with the topic, key, headers and time of `first`, of which it keeps a copy with a reference.
    ///
    /// place  where it is found again; value  what its messages have in common
    void open(Services services, const leat_message& first, holding::Id place, holding::Id value, int64_t due_ns);
    /// Takes payload and receipt; the caller drops the reference.   // hot: per message
    void add(const leat_message& message);
    /// All in one message without receipt; it carries the key and those headers that all have.
    leat_message merge(Services services, Format format, uint32_t lane);
    /// Forgets everything, but for the parts; drops the reference to the first.
    void close();
    /// Takes the parts of a lane out.
    void remove_lane(uint32_t lane, std::vector<Part>& removed);

    holding::Id place() const { return place_; }
    holding::Id value() const { return value_; }
    int64_t due_ns() const { return due_ns_; }
    size_t bytes() const { return body_.size(); }
    std::vector<Part>& parts() { return parts_; }

  private:
    static constexpr uint32_t kMostHeaders = 64;  // those behind are not taken along
    void compare_headers(const leat_message& message);

    holding::Id place_;
    holding::Id value_;
    int64_t due_ns_ = 0;
    leat_message first_{};
    bool same_key_ = true;
    uint64_t shared_headers_ = 0;  // bit i: all have header i of the first
    std::string body_;             // the payloads, one after the other
    std::vector<Part> parts_;
};

}  // namespace leat::batch
