// A message that somebody keeps until its outcome is known, without its receipt, in 88 bytes.
//
//     kept.keep(message);               // the caller holds a reference of its buffer for it
//     leat_message again = kept.message();
//
// What is read when it ends stands first. On the shard only.
#pragma once
#include <leat/sdk/flow/message.hpp>

#include <cstddef>
#include <cstdint>

namespace leat {
inline namespace v1 {

class Kept {
  public:
    /// Whether topic and key are small enough to be kept: below 4 GiB.
    static bool fits(const leat_message& m) { return ((m.topic.size | m.key.size) >> 32) == 0; }
    static bool all_fit(const leat_message* batch, size_t n) {  // hot: per message, without a branch
        uint64_t sizes = 0;
        for (size_t i = 0; i < n; ++i) sizes |= batch[i].topic.size | batch[i].key.size;
        return sizes >> 32 == 0;
    }

    void keep(const leat_message& m) {  // hot: per message
        payload_ = m.payload.data;
        payload_size_ = m.payload.size;
        buffer_ = m.buffer;
        topic_size_ = static_cast<uint32_t>(m.topic.size);
        key_size_ = static_cast<uint32_t>(m.key.size);
        topic_ = m.topic.data;
        key_ = m.key.data;
        headers_ = m.headers;
        header_count_ = m.header_count;
        flags_ = m.flags;
        timestamp_ns_ = m.timestamp_ns;
        lane_ = m.lane;
        attempt_ = m.attempt;
        ext_ = m.ext;
    }

    /// As it was kept; its receipt is empty.
    leat_message message() const {
        leat_message m;  // NOLINT: filled field by field
        m.topic = {topic_, topic_size_};
        m.key = {key_, key_size_};
        m.payload = {payload_, payload_size_};
        m.headers = headers_;
        m.header_count = header_count_;
        m.flags = flags_;
        m.timestamp_ns = timestamp_ns_;
        m.buffer = buffer_;
        m.receipt = {nullptr, 0};
        m.lane = lane_;
        m.attempt = attempt_;
        m.ext = ext_;
        return m;
    }

    leat_buffer* buffer() const { return buffer_; }
    uint32_t lane() const { return lane_; }
    /// As content_size() of the message.
    size_t content_size() const { return payload_size_ + topic_size_ + key_size_; }

  private:
    const char* payload_ = nullptr;
    size_t payload_size_ = 0;
    leat_buffer* buffer_ = nullptr;
    uint32_t topic_size_ = 0;
    uint32_t key_size_ = 0;
    const char* topic_ = nullptr;
    const char* key_ = nullptr;
    const leat_header* headers_ = nullptr;
    const leat_ext* ext_ = nullptr;
    int64_t timestamp_ns_ = 0;
    uint32_t header_count_ = 0;
    uint32_t flags_ = 0;
    uint32_t lane_ = 0;
    uint32_t attempt_ = 0;
};
static_assert(sizeof(Kept) == 88);

}  // namespace v1
}  // namespace leat
