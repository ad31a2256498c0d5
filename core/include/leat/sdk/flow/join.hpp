// One message became n: settles the parent once, when the last child is settled, with the worst outcome.
//
//     Join join;
//     const uint64_t parent = join.open(message.receipt, 3);
//     child.receipt = join.child(parent);                     // three times: each child has a receipt of its own
//
// Acks join as DEAD_LETTERED > DISCARDED > landed > DROPPED. On the shard only.
#pragma once
#include <leat/sdk/flow/broken_rule.hpp>
#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/flow/token.hpp>

#include <algorithm>
#include <functional>
#include <string>

namespace leat {
inline namespace v1 {

/// Which of two outcomes a join tells its parent.
inline bool worse(uint32_t outcome, uint32_t code, uint32_t than_outcome, uint32_t than_code) {
    const auto severity = [](uint32_t o, uint32_t c) -> uint32_t {
        if (o == LEAT_ACK) {
            if (c == LEAT_DROPPED) return 0;
            if (c == LEAT_DISCARDED) return 2;
            if (c == LEAT_DEAD_LETTERED) return 3;
            return 1;
        }
        return 3 + (o > LEAT_ABANDON ? LEAT_RETRY : o);
    };
    return severity(outcome, code) > severity(than_outcome, than_code);
}

class Join {
  public:
    using Call = std::function<void()>;
    /// on_stray  told of the first settlement of a child that is not in flight; for a log line.
    explicit Join(Call on_stray = {}) : on_stray_(std::move(on_stray)) {
        frame_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
            static_cast<Frame*>(s)->owner->settle(batch, n);
        };
        frame_.owner = this;
    }
    Join(const Join&) = delete;
    Join& operator=(const Join&) = delete;

    /// Opens a parent of `children` (>= 1); child() is then to be called so many times.
    uint64_t open(const leat_receipt& parent, uint32_t children) {
        const uint64_t token = slots_.add();
        Entry& e = *slots_.find(token);
        e.parent = parent;
        e.open = children;
        e.outcome = LEAT_ACK;
        e.code = LEAT_DROPPED;
        e.retry_after_ns = 0;
        e.reason.clear();
        return token;
    }
    /// The receipt of one more child.
    leat_receipt child(uint64_t parent) {
        const auto [token, entry] = children_.open();
        *entry = parent;
        return {&frame_, token};
    }

    /// Told after each batch of settlements, inside settle: must not push.
    void on_settled(Call call) { on_settled_ = std::move(call); }

    size_t open_parents() const { return slots_.size(); }
    size_t open_children() const { return children_.size(); }
    uint64_t stale() const { return stale_; }  ///< settlements of no child in flight; ignored

  private:
    struct Entry {
        leat_receipt parent{};
        uint32_t open = 0;
        uint32_t outcome = 0;
        uint32_t code = 0;
        int64_t retry_after_ns = 0;
        std::string reason;
    };
    struct Frame : leat_settler {
        Join* owner;
    };

    void settle(const leat_settlement* batch, size_t n) {
        {
            Settlements up;
            for (size_t i = 0; i < n; ++i) settle_one(batch[i], up);
        }
        if (on_settled_) on_settled_();
    }

    void settle_one(const leat_settlement& s, Settlements& up) {
        const uint64_t* child = children_.find(s.token);
        if (!child) {
            if (stale_++ == 0 && on_stray_) on_stray_();
            return settled_twice();
        }
        const uint64_t parent = *child;
        children_.remove(s.token);
        Entry* e = slots_.find(parent);
        if (worse(s.outcome, s.code, e->outcome, e->code)) {
            e->outcome = s.outcome;
            e->code = s.code;
            e->reason = s.detail ? view(s.detail->text) : std::string_view();
            e->retry_after_ns = s.detail ? s.detail->retry_after_ns : 0;
        }
        if (--e->open == 0) finish(parent, *e, up);
    }

    void finish(uint64_t token, Entry& e, Settlements& up) {
        const leat_receipt parent = e.parent;
        const uint32_t outcome = e.outcome;
        const uint32_t code = e.code;
        const std::string reason = std::move(e.reason);
        const leat_detail detail{sizeof(leat_detail), 0, bytes(reason), e.retry_after_ns};
        slots_.remove(token);
        up.settle(parent, outcome, code, reason.empty() && !detail.retry_after_ns ? nullptr : &detail);
    }

    Slots<Entry> slots_;
    Slots<uint64_t> children_;  // their parents' tokens
    uint64_t stale_ = 0;
    Call on_stray_;
    Call on_settled_;
    Frame frame_;
};

}  // namespace v1
}  // namespace leat
