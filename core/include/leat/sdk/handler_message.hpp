// One message in a handler's hands; see handler.hpp.
#pragma once
#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/flow/receipts.hpp>

#include <charconv>
#include <chrono>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace leat {
inline namespace v1 {

/// One message in a handler's hands. Views are valid until handle() returns.
class Message {
  public:
    std::string_view topic() const { return view(now().topic); }
    std::string_view key() const { return view(now().key); }
    bool has_key() const { return present(now().key); }
    std::string_view payload() const { return view(now().payload); }
    bool has_payload() const { return present(now().payload); }  ///< false: a tombstone
    std::chrono::nanoseconds timestamp() const { return std::chrono::nanoseconds(now().timestamp_ns); }
    uint32_t attempt() const { return message_->attempt; }  ///< how often it was tried before
    bool redelivered() const { return message_->flags & LEAT_MESSAGE_REDELIVERED; }
    std::optional<std::string_view> header(std::string_view name) const {
        if (auto value = find_header(now(), name)) return view(*value);
        return std::nullopt;
    }

    /// As the C header has it, with the changes made so far; for Template and Condition.
    const leat_message& c() const { return now(); }

    /// The whole payload as a number; nothing when it is none.
    template <class T>
    std::optional<T> payload_as() const {
        const std::string_view s = payload();
        T value{};
        const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
        if (s.empty() || error != std::errc() || end != s.data() + s.size()) return std::nullopt;
        return value;
    }

    // Changes are copied, so that they may be made of the message's own bytes; they show in what is passed on, not in
    // what goes back to the step's failure policy.
    void set_topic(std::string_view to) { replace(&leat_message::topic, to); }
    void set_key(std::string_view to) { replace(&leat_message::key, to); }
    void set_payload(std::string_view to) { replace(&leat_message::payload, to); }
    /// When it was made, since 1970-01-01 UTC.
    void set_timestamp(std::chrono::nanoseconds at) { changed().timestamp_ns = at.count(); }
    /// Replaces the header of that name, or adds it.
    void set_header(std::string_view name, std::string_view value);
    /// Absent from now on: without key; a tombstone.
    void remove_key() { changed().key = kAbsent; }
    void remove_payload() { changed().payload = kAbsent; }
    /// Takes away all headers of that name.
    void remove_header(std::string_view name);

    /// Ends it on purpose: acknowledged, counted as filtered.
    void drop() {
        verdict_ = Verdict::drop;
        is_plain_ = false;
    }
    /// Never will: the step's failure policy takes it (dead letter, stop ...).
    void reject(std::string_view reason) { refuse(Verdict::reject, reason, {}); }
    /// Not now: the step's failure policy tries again, not before `after`.
    void retry(std::string_view reason, std::chrono::nanoseconds after = {}) {
        refuse(Verdict::retry, reason, after);
    }
    /// Sends another message behind this one, made from it; the source is acknowledged when both have ended.
    void emit(std::string_view topic, std::string_view key, std::string_view payload);

    /// "ack": "manual" alone (a handler with LEAT_STAGE_SETTLES): takes the receipt off, to be settled by hand, now
    /// or later. What becomes of the message below is then no longer told to the source; failures still go to the
    /// policies of their steps. Throws where the route does not say manual.
    Receipt take_receipt() {
        if (!workshop_.may_settle) {
            throw std::logic_error(
                "the handler settles by hand: it needs \"ack\": \"manual\" and LEAT_STAGE_SETTLES");
        }
        is_plain_ = false;
        return workshop_.receipts.take(message_->receipt);
    }
    /// The same, acknowledged at once: the rest of the route works for nobody who waits.
    void acknowledge() { take_receipt().ack(); }

  private:
    friend class Handler;
    enum class Verdict : uint8_t { pass, drop, reject, retry };
    static constexpr size_t kMaxEmitted = 1024;  // bounds the unsettled children of one message

    struct Workshop {  // what the messages of one handler share
        explicit Workshop(Services services) : arena(services) {}
        Arena arena;
        std::vector<leat_header> headers;
        std::vector<leat_message> emitted;
        std::string reason;
        int64_t retry_after_ns = 0;
        Receipts receipts;
        bool may_settle = false;
    };

    Message(Workshop& workshop, leat_message& message) : workshop_(workshop), message_(&message) {}
    const leat_message& now() const { return *message_; }
    // Changed in place; what was received is kept apart, without a reference: the new bytes' buffer keeps the old
    // ones.
    leat_message& changed() {
        if (!is_changed_) as_received_ = *message_;
        is_changed_ = true;
        return *message_;
    }
    // Takes all changes back.
    void restore() {
        if (!is_changed_) return;
        leat_buffer* changed = message_->buffer;
        leat_buffer_retain(as_received_.buffer, 1);
        *message_ = as_received_;
        is_changed_ = false;
        leat_buffer_release(changed, 1);
    }
    void replace(leat_bytes leat_message::*part, std::string_view with) {
        leat_message& m = changed();  // before copy: it needs the message's buffer
        m.*part = copy(with, m);
    }
    // Names mostly differ at their ends, and a call costs more than a look.
    static bool is_named(const leat_header& header, std::string_view name) {  // hot: per message
        const std::string_view has = view(header.name);
        return has.size() == name.size() && (name.empty() || (has.back() == name.back() && has == name));
    }
    // `into` holds each block that it points into: the arena may have opened a new one since the last piece.
    leat_bytes copy(std::string_view s, leat_message& into) {
        char* at = workshop_.arena.reserve(s.size() + 1);
        copy_bytes(at, s.data(), s.size());
        workshop_.arena.attach(into);
        return {at, s.size()};
    }
    void refuse(Verdict verdict, std::string_view reason, std::chrono::nanoseconds after) {
        verdict_ = verdict;
        is_plain_ = false;
        workshop_.reason = reason;
        workshop_.retry_after_ns = after.count();
    }

    Workshop& workshop_;
    leat_message* message_;
    leat_message as_received_;  // NOLINT: filled on the first change
    bool is_changed_ = false;
    bool is_plain_ = true;  // goes on with its receipt, and alone
    Verdict verdict_ = Verdict::pass;
};

inline void Message::set_header(std::string_view name, std::string_view value) {
    leat_message& m = changed();
    const size_t table = (m.header_count + 1) * sizeof(leat_header);
    char* memory = workshop_.arena.reserve(table + name.size() + value.size());
    auto* headers = reinterpret_cast<leat_header*>(memory);
    Packer packer(memory + table);
    uint32_t count = 0;
    for (; count < m.header_count && !is_named(m.headers[count], name); ++count) headers[count] = m.headers[count];
    headers[count].name = packer.put(bytes(name));
    headers[count].value = packer.put(bytes(value));
    for (uint32_t i = count++ + 1; i < m.header_count; ++i) headers[count++] = m.headers[i];
    m.headers = headers;
    m.header_count = count;
    workshop_.arena.attach(m);
}

inline void Message::remove_header(std::string_view name) {
    if (!find_header(now(), name)) return;
    leat_message& m = changed();
    auto* headers = reinterpret_cast<leat_header*>(workshop_.arena.reserve(m.header_count * sizeof(leat_header)));
    uint32_t count = 0;
    for (uint32_t i = 0; i < m.header_count; ++i) {
        if (view(m.headers[i].name) != name) headers[count++] = m.headers[i];
    }
    m.headers = count ? headers : nullptr;
    m.header_count = count;
    workshop_.arena.attach(m);
}

inline void Message::emit(std::string_view topic, std::string_view key, std::string_view payload) {
    if (workshop_.emitted.size() >= kMaxEmitted) {
        throw std::length_error("a handler may emit at most 1024 messages for one that it receives");
    }
    is_plain_ = false;
    leat_message& child = workshop_.emitted.emplace_back(now());
    leat_buffer_retain(child.buffer, 1);
    child.topic = copy(topic, child);
    child.key = key.data() ? copy(key, child) : kAbsent;
    child.payload = copy(payload, child);
}

}  // namespace v1
}  // namespace leat
