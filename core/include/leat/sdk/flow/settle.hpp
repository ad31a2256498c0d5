// Gathers outcomes into runs: one settle call for neighbours with the same settler, one release for neighbours with
// the same buffer.
//
//     Settlements done;
//     for (...) done.end(message, LEAT_ACK);   // settles and releases
//     done.flush();                            // or at the end of the scope
//
// On the shard only. Outgoing calls happen inside end() and flush(): the caller's own state is complete before.
#pragma once
#include <leat/sdk/flow/message.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace leat {
inline namespace v1 {

/// Drops references of the same buffer in runs, because neighbours usually share one.
class BufferRun {
  public:
    BufferRun() = default;
    BufferRun(const BufferRun&) = delete;
    BufferRun& operator=(const BufferRun&) = delete;
    ~BufferRun() { flush(); }

    void drop(leat_buffer* buffer, uint32_t times = 1) {  // hot: per message
        if (buffer != buffer_) {
            flush();
            buffer_ = buffer;
        }
        count_ += times;
    }

    void flush() {
        if (buffer_) leat_buffer_release(buffer_, count_);
        buffer_ = nullptr;
        count_ = 0;
    }

  private:
    leat_buffer* buffer_ = nullptr;
    uint32_t count_ = 0;
};

/// Takes references to the same buffer in runs.
class RetainRun {
  public:
    RetainRun() = default;
    RetainRun(const RetainRun&) = delete;
    RetainRun& operator=(const RetainRun&) = delete;
    ~RetainRun() { leat_buffer_retain(buffer_, count_); }

    void add(leat_buffer* buffer) {  // hot: per message
        if (buffer != buffer_) {
            leat_buffer_retain(buffer_, count_);
            buffer_ = buffer;
            count_ = 0;
        }
        ++count_;
    }

  private:
    leat_buffer* buffer_ = nullptr;
    uint32_t count_ = 0;
};

/// How many of n settlements, from the first on, are plain acknowledgements of neighbouring tokens.
inline size_t plain_run(const leat_settlement* batch, size_t n) {  // hot: per message
    static_assert(offsetof(leat_settlement, code) == offsetof(leat_settlement, outcome) + 4);
    const auto differs = [batch](size_t i) {
        uint64_t ending;  // NOLINT: filled at once
        std::memcpy(&ending, &batch[i].outcome, sizeof ending);
        return (batch[i].token ^ (batch[0].token + i)) | ending;
    };
    // In pieces that grow, without a branch for each message: a batch may be one run, or, where what went down
    // together comes back from several places, 200 short ones.
    size_t run = 0;
    for (size_t piece = 4; run < n; piece *= 4) {
        const size_t end = std::min(n, run + piece);
        uint64_t any = 0;
        for (size_t i = run; i < end; ++i) any |= differs(i);
        if (any) break;
        run = end;
    }
    while (run < n && !differs(run)) ++run;
    return run;
}
static_assert(LEAT_ACK == 0 && LEAT_NONE == 0);

/// Outcomes on their way up.
class Settlements {
  public:
    Settlements() {}  // NOLINT(modernize-use-equals-default): `= default` would clear the array on value-init
    Settlements(const Settlements&) = delete;
    Settlements& operator=(const Settlements&) = delete;
    ~Settlements() { flush(); }

    /// Settles a receipt. detail, if any, is delivered before this returns.
    void settle(const leat_receipt& receipt, uint32_t outcome, uint32_t code = LEAT_NONE,
                const leat_detail* detail = nullptr) {  // hot: per message
        leat_settlement& s = *room_for(receipt.settler);
        put(s, receipt.token, ending(outcome, code));
        ++count_;
        if (!detail) return;
        s.detail = detail;
        flush_settlements();
        s.detail = nullptr;  // the caller's, who may end
    }

    /// Ends a message: settles its receipt and drops its buffer reference.
    void end(const leat_message& message, uint32_t outcome, uint32_t code = LEAT_NONE,
             const leat_detail* detail = nullptr) {  // hot: per message
        settle(message.receipt, outcome, code, detail);
        buffers_.drop(message.buffer);
    }

    /// The same for a message of which only these two were kept.
    void end(const leat_receipt& receipt, leat_buffer* buffer, uint32_t outcome, uint32_t code) {  // hot: per message
        settle(receipt, outcome, code);
        buffers_.drop(buffer);
    }

    /// Ends n messages alike, none with a reason.   // hot: per message
    void end_all(const leat_message* messages, size_t n, uint32_t outcome, uint32_t code = LEAT_NONE) {
        end_each(n, outcome, code, [=](size_t i) { return Ended{messages[i].receipt, messages[i].buffer}; });
    }

    /// What is left of a message that ends.
    struct Ended {
        leat_receipt receipt;
        leat_buffer* buffer;
    };
    /// The same for n messages of which only this was kept: of(i) gives it.   // hot: per message
    template <class F>
    void end_each(size_t n, uint32_t outcome, uint32_t code, F of) {
        const uint64_t alike = ending(outcome, code);
        for (size_t i = 0; i < n;) {  // per run of one settler and one buffer, as neighbours mostly have
            const Ended first = of(i);
            Ended ended = first;
            leat_settlement* at = room_for(first.receipt.settler);
            const size_t begin = i, end = std::min(n, i + (LEAT_BATCH_MAX - count_));
            do {
                put(*at++, ended.receipt.token, alike);
                if (++i == end) break;
                ended = of(i);
            } while (ended.receipt.settler == first.receipt.settler && ended.buffer == first.buffer);
            count_ += i - begin;
            buffers_.drop(first.buffer, static_cast<uint32_t>(i - begin));
        }
    }

    /// The same for n messages whose tokens are neighbours, from that of `first` on, and who share a buffer.
    void end_run(const leat_receipt& first, leat_buffer* buffer, size_t n, uint32_t outcome, uint32_t code) {
        const uint64_t alike = ending(outcome, code);
        for (size_t done = 0; done < n;) {
            leat_settlement* at = room_for(first.settler);
            const size_t here = std::min(n - done, LEAT_BATCH_MAX - count_);
            for (size_t i = 0; i < here; ++i) put(at[i], first.token + done + i, alike);  // hot: per message
            count_ += here;
            done += here;
        }
        buffers_.drop(buffer, static_cast<uint32_t>(n));
    }

    /// Ends a message with a reason in words.
    void end(const leat_message& message, uint32_t outcome, uint32_t code, std::string_view reason) {
        const leat_detail detail{sizeof(leat_detail), 0, bytes(reason), 0};
        end(message, outcome, code, &detail);
    }

    void flush() {
        flush_settlements();
        buffers_.flush();
    }

  private:
    // Outcome and code in one piece, as they lie in a settlement.
    static uint64_t ending(uint32_t outcome, uint32_t code) {
        const uint32_t parts[] = {outcome, code};
        uint64_t both;  // NOLINT: filled at once
        std::memcpy(&both, parts, sizeof both);
        return both;
    }
    static void put(leat_settlement& s, uint64_t token, uint64_t alike) {  // hot: per message
        s.token = token;
        std::memcpy(&s.outcome, &alike, sizeof alike);
        s.detail = nullptr;
    }
    // Where the next settlement goes.
    leat_settlement* room_for(leat_settler* settler) {
        if (settler != settler_ || count_ == LEAT_BATCH_MAX) flush_settlements();
        settler_ = settler;
        return batch_ + count_;
    }
    void flush_settlements() {
        if (count_ == 0) return;
        const size_t n = count_;
        count_ = 0;  // complete before the outgoing call
        settler_->settle(settler_, batch_, n);
    }

    leat_settler* settler_ = nullptr;
    size_t count_ = 0;
    leat_settlement batch_[LEAT_BATCH_MAX];
    BufferRun buffers_;
};

}  // namespace v1
}  // namespace leat
