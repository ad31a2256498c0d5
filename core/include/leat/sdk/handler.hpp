// A handler sees one message at a time: read it, change it, drop it, refuse it, emit more.
//
//     struct Above : leat::Handler {
//         double limit = 80;
//         static auto options() { return leat::options(leat::option<&Above::limit>("limit", "Degrees to pass.")); }
//         void handle(leat::Message& m) {
//             if (auto celsius = m.payload_as<double>(); !celsius) m.reject("payload is not a number");
//             else if (*celsius <= limit) m.drop();
//         }
//     };
//     LEAT_HANDLER(Above, "above", "1.0.0", "Lets readings above a limit pass.")
//
// An exception is a reject with its words. A handler that emits has at most kMaxUnsettled children under way; what is
// pushed meanwhile waits here, in order. All calls on the shard.
#pragma once
#include <leat/sdk/flow/join.hpp>
#include <leat/sdk/handler_message.hpp>
#include <leat/sdk/stage.hpp>

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

namespace leat {
inline namespace v1 {

class Handler : public Stage {
  public:
    /// Looks at one message. Not to be kept: the message is gone when this returns.   // hot: per message
    virtual void handle(Message& message) = 0;

    /// Children under way before further messages are handled; those of one message may exceed it.
    static constexpr size_t kMaxUnsettled = 4096;

    Handler() : join_([this] { services().log_warning("a message was settled twice below; ignored"); }) {
        join_.on_settled([this] { wake(); });
    }
    void attach(const Setup& setup) {
        Stage::attach(setup);
        workshop_.emplace(setup.services);
        workshop_->may_settle = setup.identity->flags & LEAT_IDENTITY_MANUAL;
    }
    void push(Batch& batch) final;
    void signal(uint32_t what, uint64_t arg) override;
    /// An author who overrides it settles the receipts that he keeps first: then those left are abandoned.
    void stop() override;

  protected:
    /// Handles n messages, as work_by() does it.
    virtual void work(leat_message* all, size_t n) {
        work_by([this](Message& m) { handle(m); }, all, n);
    }
    template <class Handle>
    void work_by(Handle&& handle_one, leat_message* all, size_t n);

  private:
    using Verdict = Message::Verdict;
    // Of the current batch. No aggregate: the array in `dropped` would be cleared, 6 KB a batch.
    struct Leaving {
        explicit Leaving(leat_message* all) : messages(all) {}
        leat_message* messages;
        size_t kept = 0;  // at the beginning: to be passed on
        Settlements dropped;
        BufferRun replaced;
    };

    void give_back_waiting();
    void wake();
    void go_on();
    void stop_when_idle();
    template <class Handle>
    void judge(Handle&& handle_one, Message& message);
    bool passes(Message& message, leat_message& original, Leaving& leaving);
    void refuse(Message& message, leat_message& original);
    void end_dropped(const leat_message& original, Settlements& dropped, BufferRun& replaced);
    void spread(const Message& message, bool with_itself, BufferRun& replaced);
    void out(const leat_message& message);
    void flush_out();
    bool is_refused(uint32_t lane) const;

    std::optional<Message::Workshop> workshop_;
    Join join_;
    std::vector<uint32_t> refused_lanes_;  // of the current batch
    std::deque<leat_message> waiting_;     // for children to be settled
    bool is_waking_ = false;
    bool was_flushed_ = false;  // behind those that wait
    size_t out_count_ = 0;
    leat_message out_[LEAT_BATCH_MAX];  // NOLINT: filled before it is read
};

template <class Handle>
inline void Handler::judge(Handle&& handle_one, Message& message) {
    try {
        handle_one(message);
    } catch (...) {
        message.reject(current_exception_text());
    }
}

inline void Handler::push(Batch& batch) {
    size_t n = 0;
    leat_message* all = batch.all(n);
    was_flushed_ = false;
    if (waiting_.empty()) return work(all, n);
    waiting_.insert(waiting_.end(), all, all + n);
}

template <class Handle>
inline void Handler::work_by(Handle&& handle_one, leat_message* all, size_t n) {
    const bool ordered = identity().flags & LEAT_IDENTITY_ORDERED;
    refused_lanes_.clear();
    size_t kept = 0;
    size_t i = 0;
    {
        Leaving leaving(all);
        bool has_room = join_.open_children() < kMaxUnsettled;
        bool holds = false;               // some lane, behind a message that was refused
        for (; i < n && has_room; ++i) {  // hot: per message
            leat_message& original = all[i];
            if (holds && is_refused(original.lane)) {
                services().host->fail(services().me, &original, LEAT_RETRY, LEAT_HELD, nullptr);
                continue;
            }
            Message message(*workshop_, original);
            judge(handle_one, message);
            if (!message.is_plain_) {
                leaving.kept = kept;
                const bool stays = passes(message, original, leaving);
                kept = leaving.kept;
                has_room = join_.open_children() < kMaxUnsettled;
                holds = ordered && !refused_lanes_.empty();
                if (!stays) continue;
            }
            // In place: the array is ours to overwrite, and mostly nothing has to move.
            if (kept != i) all[kept] = original;
            ++kept;
        }
    }
    // Too many children are under way: the rest waits, before what waits already, until some have been settled.
    const bool is_full = i < n;
    if (is_full) waiting_.insert(waiting_.begin(), all + i, all + n);
    pass(all, kept);
    workshop_->arena.close();
    if (is_full) next().signal(&next(), LEAT_SIGNAL_FLUSH, 0);  // who collects below would wait for us, and we for it
    if (!refused_lanes_.empty() && !waiting_.empty() && ordered) give_back_waiting();
}

// Ends a message that does not simply go on; true: it does after all, perhaps with another receipt.
inline bool Handler::passes(Message& message, leat_message& original, Leaving& leaving) {
    bool stays = false;
    const Verdict verdict = message.verdict_;
    if (verdict == Verdict::reject || verdict == Verdict::retry) {
        refuse(message, original);
    } else if (!workshop_->emitted.empty()) {
        pass(leaving.messages, std::exchange(leaving.kept, 0));  // what stands before it goes first
        spread(message, verdict == Verdict::pass, leaving.replaced);
    } else if (verdict == Verdict::drop) {
        end_dropped(original, leaving.dropped, leaving.replaced);
    } else {
        stays = true;
        if (workshop_->receipts.is_taken()) original.receipt = workshop_->receipts.instead();
    }
    workshop_->receipts.put_down();
    return stays;
}

// A message whose receipt was taken has no other: nobody waits for it.
inline void Handler::end_dropped(const leat_message& original, Settlements& dropped, BufferRun& replaced) {
    if (workshop_->receipts.is_taken()) return replaced.drop(original.buffer);
    dropped.end(original, LEAT_ACK, LEAT_DROPPED);
}

// What waits behind a refused message of its lane goes back with it.
inline void Handler::give_back_waiting() {
    std::deque<leat_message> left;
    std::vector<leat_message> held;
    for (const leat_message& m : waiting_) {
        if (is_refused(m.lane)) {
            held.push_back(m);
        } else {
            left.push_back(m);
        }
    }
    waiting_.swap(left);
    for (const leat_message& m : held) services().host->fail(services().me, &m, LEAT_RETRY, LEAT_HELD, nullptr);
}

inline void Handler::wake() {
    if (is_waking_ || waiting_.empty()) return;
    is_waking_ = true;
    services().defer([](void* self) { static_cast<Handler*>(self)->go_on(); }, this);
}

inline void Handler::go_on() {
    is_waking_ = false;
    while (!waiting_.empty() && join_.open_children() < kMaxUnsettled) {
        leat_message batch[LEAT_BATCH_MAX];
        const size_t n = std::min<size_t>(waiting_.size(), LEAT_BATCH_MAX);
        const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(n);
        std::copy(waiting_.begin(), end, batch);
        waiting_.erase(waiting_.begin(), end);
        work(batch, n);
    }
    if (waiting_.empty() && std::exchange(was_flushed_, false)) next().signal(&next(), LEAT_SIGNAL_FLUSH, 0);
}

inline void Handler::signal(uint32_t what, uint64_t arg) {
    if (what == LEAT_SIGNAL_FLUSH) was_flushed_ = !waiting_.empty();
    if (what == LEAT_SIGNAL_ABANDON_LANE && !waiting_.empty()) {
        Settlements gone;
        std::erase_if(waiting_, [&](const leat_message& m) {
            if (m.lane != static_cast<uint32_t>(arg)) return false;
            gone.end(m, LEAT_ABANDON);
            return true;
        });
    }
    Stage::signal(what, arg);
}

inline void Handler::stop() {
    workshop_->receipts.abandon();
    const auto waiting = std::exchange(waiting_, {});
    {
        Settlements gone;
        for (const leat_message& m : waiting) gone.end(m, LEAT_ABANDON);
    }
    stop_when_idle();
}

inline void Handler::stop_when_idle() {
    if (join_.open_parents() == 0 && workshop_->receipts.is_idle()) return stopped();
    services().after(
        std::chrono::milliseconds(1), [](void* self) { static_cast<Handler*>(self)->stop_when_idle(); }, this);
}

// The message goes back as it was received; what was made of it is dropped.
inline void Handler::refuse(Message& message, leat_message& original) {
    for (leat_message& child : workshop_->emitted) leat_buffer_release(child.buffer, 1);
    workshop_->emitted.clear();
    message.restore();
    refused_lanes_.push_back(original.lane);
    if (workshop_->receipts.is_taken()) original.receipt = workshop_->receipts.instead();
    const leat_detail detail{sizeof(leat_detail), 0, bytes(workshop_->reason), workshop_->retry_after_ns};
    services().host->fail(services().me, &original, message.verdict_ == Verdict::reject ? LEAT_REJECT : LEAT_RETRY,
                          LEAT_NONE, &detail);
}

// The message became several, each with a reference of its own.
inline void Handler::spread(const Message& message, bool with_itself, BufferRun& replaced) {
    auto& emitted = workshop_->emitted;
    const leat_message& itself = message.now();
    if (!with_itself) replaced.drop(itself.buffer);
    const uint32_t children = static_cast<uint32_t>(emitted.size()) + (with_itself ? 1 : 0);
    auto& receipts = workshop_->receipts;
    const uint64_t parent = join_.open(receipts.is_taken() ? receipts.instead() : itself.receipt, children);
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
