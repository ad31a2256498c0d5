// A handler sees one message at a time: read it, change it, drop it, refuse it, emit more.
//
//     struct Above : leat::Handler {
//         double limit = 80;
//         static auto options() { return leat::options(leat::option<&Above::limit>("limit", "Degrees above which
//         ...")); } void handle(leat::Message& m) {
//             if (auto celsius = m.payload_as<double>(); !celsius) m.reject("payload is not a number");
//             else if (*celsius <= limit) m.drop();
//         }
//     };
//     LEAT_HANDLER(Above, "above", "1.0.0", "Lets readings above a limit pass.")
//
// An exception is a reject with its words. All calls on the shard.
#pragma once
#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/flow/join.hpp>
#include <leat/sdk/stage.hpp>

#include <charconv>
#include <chrono>
#include <string>
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
    uint32_t attempt() const { return original_->attempt; }  ///< how often it was tried before
    bool redelivered() const { return original_->flags & LEAT_MESSAGE_REDELIVERED; }
    std::optional<std::string_view> header(std::string_view name) const {
        if (auto value = find_header(now(), name)) return view(*value);
        return std::nullopt;
    }

    /// The whole payload as a number; nothing when it is none.
    template <class T>
    std::optional<T> payload_as() const {
        const std::string_view s = payload();
        T value{};
        const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
        if (s.empty() || error != std::errc() || end != s.data() + s.size()) return std::nullopt;
        return value;
    }

    // Changes are copied; they show in what is passed on, not in the message as it was received.
    void set_topic(std::string_view to) { replace(&leat_message::topic, to); }
    void set_key(std::string_view to) { replace(&leat_message::key, to); }
    void set_payload(std::string_view to) { replace(&leat_message::payload, to); }
    /// Replaces the header of that name, or adds it.
    void set_header(std::string_view name, std::string_view value);

    /// Ends it on purpose: acknowledged, counted as filtered.
    void drop() { verdict_ = Verdict::drop; }
    /// Never will: the step's failure policy takes it (dead letter, stop ...).
    void reject(std::string_view reason) { refuse(Verdict::reject, reason, {}); }
    /// Not now: the step's failure policy tries again, not before `after`.
    void retry(std::string_view reason, std::chrono::nanoseconds after = {}) {
        refuse(Verdict::retry, reason, after);
    }
    /// Sends another message behind this one, made from it; the source is acknowledged when both have ended.
    void emit(std::string_view topic, std::string_view key, std::string_view payload);

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
    };

    Message(Workshop& workshop, leat_message& original) : workshop_(workshop), original_(&original) {}
    const leat_message& now() const { return is_changed_ ? copy_ : *original_; }
    leat_message& changed() {
        if (!is_changed_) {
            copy_ = *original_;
            leat_buffer_retain(copy_.buffer, 1);  // the original may yet be given back as it was received
        }
        is_changed_ = true;
        return copy_;
    }
    void replace(leat_bytes leat_message::*part, std::string_view with) {
        leat_message& m = changed();  // before copy: it needs the message's buffer
        m.*part = copy(with, m);
    }
    // `into` holds each block that it points into: the arena may have opened a new one since the last piece.
    leat_bytes copy(std::string_view s, leat_message& into) {
        char* at = workshop_.arena.reserve(s.size() + 1);
        if (!s.empty()) std::memcpy(at, s.data(), s.size());
        workshop_.arena.attach(into);
        return {at, s.size()};
    }
    void refuse(Verdict verdict, std::string_view reason, std::chrono::nanoseconds after) {
        verdict_ = verdict;
        workshop_.reason = reason;
        workshop_.retry_after_ns = after.count();
    }

    Workshop& workshop_;
    leat_message* original_;
    leat_message copy_;  // NOLINT: filled on the first change
    bool is_changed_ = false;
    Verdict verdict_ = Verdict::pass;
};

inline void Message::set_header(std::string_view name, std::string_view value) {
    leat_message& m = changed();
    const size_t table = (m.header_count + 1) * sizeof(leat_header);
    char* memory = workshop_.arena.reserve(table + name.size() + value.size());
    auto* headers = reinterpret_cast<leat_header*>(memory);
    Packer packer(memory + table);
    uint32_t count = 0;
    for (; count < m.header_count && view(m.headers[count].name) != name; ++count) headers[count] = m.headers[count];
    headers[count].name = packer.put(bytes(name));
    headers[count].value = packer.put(bytes(value));
    for (uint32_t i = count++ + 1; i < m.header_count; ++i) headers[count++] = m.headers[i];
    m.headers = headers;
    m.header_count = count;
    workshop_.arena.attach(m);
}

inline void Message::emit(std::string_view topic, std::string_view key, std::string_view payload) {
    if (workshop_.emitted.size() >= kMaxEmitted) {
        throw std::length_error("a handler may emit at most 1024 messages for one that it receives");
    }
    leat_message& child = workshop_.emitted.emplace_back(now());
    leat_buffer_retain(child.buffer, 1);
    child.topic = copy(topic, child);
    child.key = key.data() ? copy(key, child) : kAbsent;
    child.payload = copy(payload, child);
}

class Handler : public Stage {
  public:
    /// Looks at one message. Not to be kept: the message is gone when this returns.   // hot: per message
    virtual void handle(Message& message) = 0;

    void attach(const Setup& setup) {
        Stage::attach(setup);
        workshop_.emplace(setup.services);
    }
    void push(Batch& batch) final;
    void stop() override {
        if (join_.open_parents() == 0) return stopped();
        services().after(
            std::chrono::milliseconds(1), [](void* self) { static_cast<Handler*>(self)->stop(); }, this);
    }

  private:
    using Verdict = Message::Verdict;

    Verdict judge(Message& message);
    void refuse(const Message& message, leat_message& original);
    void spread(const Message& message, bool with_itself);
    void out(const leat_message& message);
    void flush_out();
    bool is_refused(uint32_t lane) const;

    std::optional<Message::Workshop> workshop_;
    Join join_;
    std::vector<uint32_t> refused_lanes_;  // of the current batch
    size_t out_count_ = 0;
    leat_message out_[LEAT_BATCH_MAX];  // NOLINT: filled before it is read
};

inline Handler::Verdict Handler::judge(Message& message) {
    try {
        handle(message);
    } catch (...) {
        message.reject(current_exception_text());
    }
    return message.verdict_;
}

inline void Handler::push(Batch& batch) {
    size_t n = 0;
    leat_message* all = batch.all(n);
    const bool ordered = identity().flags & LEAT_IDENTITY_ORDERED;
    refused_lanes_.clear();
    size_t kept = 0;
    {
        Settlements dropped;
        BufferRun replaced;
        for (size_t i = 0; i < n; ++i) {
            leat_message& original = all[i];
            if (ordered && is_refused(original.lane)) {
                services().host->fail(services().me, &original, LEAT_RETRY, LEAT_HELD, nullptr);
                continue;
            }
            Message message(*workshop_, original);
            const Verdict verdict = judge(message);
            if (verdict == Verdict::reject || verdict == Verdict::retry) {
                refuse(message, original);
            } else if (!workshop_->emitted.empty()) {
                pass(all, kept);  // what stands before it goes first
                kept = 0;
                spread(message, verdict == Verdict::pass);
                replaced.drop(original.buffer);
            } else if (verdict == Verdict::drop) {
                if (message.is_changed_) replaced.drop(message.copy_.buffer);
                dropped.end(original, LEAT_ACK, LEAT_DROPPED);
            } else {
                // In place: the array is ours to overwrite, and mostly nothing has to move.
                if (message.is_changed_) {
                    replaced.drop(original.buffer);
                    all[kept] = message.copy_;
                } else if (kept != i) {
                    all[kept] = original;
                }
                ++kept;
            }
        }
    }
    pass(all, kept);
    workshop_->arena.close();
}

// The message goes back as it was received; what was made of it is dropped.
inline void Handler::refuse(const Message& message, leat_message& original) {
    for (leat_message& child : workshop_->emitted) leat_buffer_release(child.buffer, 1);
    workshop_->emitted.clear();
    if (message.is_changed_) leat_buffer_release(message.copy_.buffer, 1);
    refused_lanes_.push_back(original.lane);
    const leat_detail detail{sizeof(leat_detail), 0, bytes(workshop_->reason), workshop_->retry_after_ns};
    services().host->fail(services().me, &original, message.verdict_ == Verdict::reject ? LEAT_REJECT : LEAT_RETRY,
                          LEAT_NONE, &detail);
}

// The message became several: each holds a reference of its own, the caller drops the original's.
inline void Handler::spread(const Message& message, bool with_itself) {
    auto& emitted = workshop_->emitted;
    const leat_message& itself = message.now();
    if (with_itself && !message.is_changed_) leat_buffer_retain(itself.buffer, 1);
    if (!with_itself && message.is_changed_) leat_buffer_release(itself.buffer, 1);
    const uint32_t children = static_cast<uint32_t>(emitted.size()) + (with_itself ? 1 : 0);
    const uint64_t parent = join_.open(itself.receipt, children);
    if (with_itself) {
        leat_message first = itself;
        first.receipt = join_.child(parent);
        out(first);
    }
    for (leat_message& child : emitted) {
        child.receipt = join_.child(parent);
        out(child);
    }
    emitted.clear();
    flush_out();
}

inline void Handler::out(const leat_message& message) {
    if (out_count_ == LEAT_BATCH_MAX) flush_out();
    out_[out_count_++] = message;
}

inline void Handler::flush_out() {
    const size_t n = out_count_;
    out_count_ = 0;
    pass(out_, n);
}

inline bool Handler::is_refused(uint32_t lane) const {
    for (uint32_t refused : refused_lanes_) {
        if (refused == lane) return true;
    }
    return false;
}

}  // namespace v1
}  // namespace leat
