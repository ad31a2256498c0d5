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

    void drop(leat_buffer* buffer) {  // hot: per message
        if (buffer != buffer_) {
            flush();
            buffer_ = buffer;
        }
        ++count_;
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
        if (detail) flush_settlements();
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
