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

#include <cstddef>

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
    const uint64_t token = batch[0].token;
    size_t run = 0;
    while (run < n && batch[run].token == token + run && (batch[run].outcome | batch[run].code) == 0) ++run;
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
        if (receipt.settler != settler_ || count_ == LEAT_BATCH_MAX) flush_settlements();
        settler_ = receipt.settler;
        leat_settlement& s = batch_[count_++];
        s.token = receipt.token;
        s.outcome = outcome;
        s.code = code;
        s.detail = detail;
        if (!detail) return;
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
    void end_each(size_t n, uint32_t outcome, uint32_t code, F&& of) {
        size_t count = count_;  // in registers: what is stored may be anything, so members would be read again
        leat_settler* settler = settler_;
        leat_buffer* buffer = nullptr;
        uint32_t refs = 0;
        for (size_t i = 0; i < n; ++i) {
            const Ended ended = of(i);
            if (ended.receipt.settler != settler || count == LEAT_BATCH_MAX) {
                count_ = count;
                flush_settlements();
                count = 0;
                settler_ = settler = ended.receipt.settler;
            }
            leat_settlement& s = batch_[count++];
            s.token = ended.receipt.token;
            s.outcome = outcome;
            s.code = code;
            s.detail = nullptr;
            if (ended.buffer != buffer) {
                if (refs) buffers_.drop(buffer, refs);
                buffer = ended.buffer;
                refs = 0;
            }
            ++refs;
        }
        count_ = count;
        if (refs) buffers_.drop(buffer, refs);
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
