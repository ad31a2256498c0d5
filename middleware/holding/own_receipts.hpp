// OwnReceipts of a stage that wants to know what becomes of messages: it puts its own in the place of the original.
//
//     struct Watched { leat_receipt receipt; int64_t since_ns; };
//     OwnReceipts<Watched> receipts_;
//     receipts_.on_settled(this, [](void* self, uint64_t token, const leat_settlement& s, Settlements& up) { ... });
//     const auto [token, entry] = receipts_.replace(message);   // entry->receipt is the original
//
// The callback finds the entry by its token and removes it, or keeps it when another settlement is yet to come. A
// token that is not in flight is counted and ignored. On the shard.
#pragma once
#include <leat/sdk/flow/broken_rule.hpp>
#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/flow/token.hpp>

namespace leat::holding {

template <class Entry>
class OwnReceipts {
  public:
    using Settled = void (*)(void* owner, uint64_t token, const leat_settlement& settlement, Settlements& up);

    OwnReceipts() {
        frame_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
            static_cast<Frame*>(s)->of->settle(batch, n);
        };
        frame_.of = this;
    }
    OwnReceipts(const OwnReceipts&) = delete;
    OwnReceipts& operator=(const OwnReceipts&) = delete;

    /// settled  called for each outcome; after: called once behind those of a batch, when all have been passed up.
    ///          Neither pushes.
    void on_settled(void* owner, Settled settled, void (*after)(void* owner) = nullptr) {
        owner_ = owner;
        settled_ = settled;
        after_ = after;
    }

    /// Acknowledgements go up as they come, and their entries go; `settled` is called for the others alone.
    void pass_acks() { passes_acks_ = true; }

    /// Puts a receipt of ours into the message; the entry is as its last user left it, but for the receipt.
    std::pair<uint64_t, Entry*> replace(leat_message& message) {  // hot: per message
        const auto opened = slots_.open();
        opened.second->receipt = message.receipt;
        message.receipt = {&frame_, opened.first};
        return opened;
    }
    Entry* find(uint64_t token) { return slots_.find(token); }
    void remove(uint64_t token) { slots_.remove(token); }

    size_t size() const { return slots_.size(); }  ///< receipts of ours that are outstanding
    uint64_t stale() const { return stale_; }      ///< settlements of nothing in flight

  private:
    struct Frame : leat_settler {
        OwnReceipts* of;
    };
    void settle(const leat_settlement* batch, size_t n) {
        {
            Settlements up;
            for (size_t i = 0; i < n; ++i) {  // hot: per message
                const leat_settlement& s = batch[i];
                const Entry* entry = slots_.find(s.token);
                if (!entry) {
                    settled_twice();
                    ++stale_;
                } else if (passes_acks_ && s.outcome == LEAT_ACK) {
                    const leat_receipt receipt = entry->receipt;
                    slots_.remove(s.token);
                    up.settle(receipt, LEAT_ACK, s.code, s.detail);
                } else {
                    settled_(owner_, s.token, s, up);
                }
            }
        }
        if (after_) after_(owner_);
    }

    Frame frame_;
    Slots<Entry> slots_;
    void* owner_ = nullptr;
    Settled settled_ = nullptr;
    void (*after_)(void*) = nullptr;
    uint64_t stale_ = 0;
    bool passes_acks_ = false;
};

}  // namespace leat::holding
