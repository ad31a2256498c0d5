// A message that somebody keeps until its outcome is known, without its receipt, in 88 bytes.
//
//     kept.keep(message);               // the caller holds a reference of its buffer for it
//     leat_message again = kept.message();
//
// On the shard only.
#pragma once
#include <leat/sdk/flow/message.hpp>
#include <leat/sdk/flow/settle.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace leat {
inline namespace v1 {

class Kept {
  public:
    Kept() {}  // NOLINT: filled by keep(); rings of them are large, and memory that is not written to takes no page

    /// Whether topic and key are small enough to be kept: below 4 GiB.
    static bool fits(const leat_message& m) { return ((m.topic.size | m.key.size) >> 32) == 0; }

    // Most of a message lies in it as it lies in the message, and is copied in pieces of 16 bytes.
    void keep(const leat_message& m) {  // hot: per message
        std::memcpy(&body_, &m.payload, sizeof body_);
        std::memcpy(&place_, &m.lane, sizeof place_);
        topic_ = m.topic.data;
        key_ = m.key.data;
        topic_size_ = static_cast<uint32_t>(m.topic.size);
        key_size_ = static_cast<uint32_t>(m.key.size);
    }

    /// As it was kept; its receipt is empty.
    leat_message message() const {
        leat_message m;  // NOLINT: filled field by field
        m.topic = {topic_, topic_size_};
        m.key = {key_, key_size_};
        std::memcpy(&m.payload, &body_, sizeof body_);
        m.receipt = {nullptr, 0};
        std::memcpy(&m.lane, &place_, sizeof place_);
        return m;
    }

    leat_buffer* buffer() const { return body_.buffer; }
    uint32_t lane() const { return place_.lane; }
    /// As content_size() of the message.
    size_t content_size() const { return body_.payload.size + topic_size_ + key_size_; }

  private:
    struct Body {  // of leat_message: payload up to buffer
        leat_bytes payload;
        const leat_header* headers;
        uint32_t header_count;
        uint32_t flags;
        int64_t timestamp_ns;
        leat_buffer* buffer;
    };
    struct Place {  // of leat_message: lane up to its end
        uint32_t lane;
        uint32_t attempt;
        const leat_ext* ext;
    };
    static_assert(offsetof(leat_message, payload) + sizeof(Body) == offsetof(leat_message, receipt));
    static_assert(offsetof(leat_message, lane) + sizeof(Place) == sizeof(leat_message));

    Body body_;
    Place place_;
    const char* topic_;
    const char* key_;
    uint32_t topic_size_;
    uint32_t key_size_;
};
static_assert(sizeof(Kept) == 88);

/// What the messages of a batch are together, found while each is kept.
///
///     Tally tally(batch[0]);
///     for (...) { kept[i].keep(batch[i]); tally.add(batch[i]); }
///     if (!tally.fits(batch, n)) ...              // one of them cannot be kept
///     tally.retain(batch, n);                     // a reference for each
class Tally {
  public:
    explicit Tally(const leat_message& first) : buffer_(first.buffer) {}

    void add(const leat_message& m) {  // hot: per message
        names_ += m.topic.size + m.key.size;
        payloads_ += m.payload.size;
        others_ |= reinterpret_cast<uintptr_t>(m.buffer) ^ reinterpret_cast<uintptr_t>(buffer_);
    }

    /// Whether all can be kept.
    bool fits(const leat_message* batch, size_t n) const {
        if (names_ >> 32 == 0) return true;
        for (size_t i = 0; i < n; ++i) {
            if (!Kept::fits(batch[i])) return false;
        }
        return true;
    }
    /// Takes a reference of its buffer for each.
    void retain(const leat_message* batch, size_t n) const {
        if (shares_buffer()) return leat_buffer_retain(buffer_, static_cast<uint32_t>(n));
        RetainRun held;
        for (size_t i = 0; i < n; ++i) held.add(batch[i].buffer);
    }
    /// All have the same buffer, or none.
    bool shares_buffer() const { return others_ == 0; }
    uint64_t content_size() const { return names_ + payloads_; }  ///< of all together

  private:
    leat_buffer* buffer_;
    uintptr_t others_ = 0;
    uint64_t names_ = 0;
    uint64_t payloads_ = 0;
};

}  // namespace v1
}  // namespace leat
