// Receipts that a stage settles by hand, on a route with "ack": "manual".
//
//     Receipt receipt = message.take_receipt();      // Handler's Message; what passes on has a receipt of its own
//     receipt.ack();                                 // now, or keep it and do so later
//
// A receipt that is let go unsettled while its message is still being handled goes back to the message; later it is
// settled `retry`, so that nothing is lost by an oversight. On the shard only.
#pragma once
#include <leat/sdk/flow/broken_rule.hpp>
#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/flow/token.hpp>

#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace leat {
inline namespace v1 {

class Receipts;

/// One receipt, to be settled once. Must not outlive the stage that took it; once the stage has been stopped it does
/// nothing any more.
class Receipt {
  public:
    Receipt() = default;
    Receipt(Receipt&& other) noexcept : of_(std::exchange(other.of_, nullptr)), token_(other.token_) {}
    Receipt& operator=(Receipt&& other) noexcept {
        std::swap(of_, other.of_);
        std::swap(token_, other.token_);
        return *this;
    }
    Receipt(const Receipt&) = delete;
    Receipt& operator=(const Receipt&) = delete;
    ~Receipt();

    explicit operator bool() const { return of_ != nullptr; }  ///< not settled yet
    /// The source may acknowledge.
    void ack() { settle(LEAT_ACK, {}, {}); }
    /// Never will: to the source, which tells its broker where that is possible; the route's policy does not see it.
    void reject(std::string_view reason) { settle(LEAT_REJECT, reason, {}); }
    /// Not now: the source gives it again, not before `after`.
    void retry(std::string_view reason, std::chrono::nanoseconds after = {}) { settle(LEAT_RETRY, reason, after); }

  private:
    friend class Receipts;
    Receipt(Receipts* of, uint64_t token) : of_(of), token_(token) {}
    void settle(uint32_t outcome, std::string_view reason, std::chrono::nanoseconds after);

    Receipts* of_ = nullptr;
    uint64_t token_ = 0;
};

/// The receipts that one stage has taken, and those that it gave instead.
class Receipts {
  public:
    Receipts() {
        frame_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
            static_cast<Frame*>(s)->owner->passed_settled(batch, n);
        };
        frame_.owner = this;
    }
    Receipts(const Receipts&) = delete;
    Receipts& operator=(const Receipts&) = delete;

    /// Another message is in hand from now on, or none.
    void put_down() { in_hand_ = 0; }
    /// Whether the receipt of the message in hand has been taken, and did not come back.
    bool is_taken() const { return in_hand_ != 0; }
    /// Takes the receipt of the message in hand.
    Receipt take(const leat_receipt& original) {
        if (in_hand_ != 0) throw std::logic_error("the receipt of this message was taken already");
        in_hand_ = taken_.add();
        *taken_.find(in_hand_) = original;
        return {this, in_hand_};
    }
    /// For a message whose receipt was taken: nobody is told its outcome, but it is waited for.
    leat_receipt instead() { return {&frame_, passed_.add()}; }

    /// Gives up what is taken: settled ABANDON, later settlements do nothing.
    void abandon() {
        Settlements gone;
        taken_.for_each([&](uint64_t token, leat_receipt& receipt) {
            gone.settle(receipt, LEAT_ABANDON);
            taken_.remove(token);
        });
    }
    /// Nothing that carries a receipt of this stage is under way.
    bool is_idle() const { return passed_.empty(); }

  private:
    friend class Receipt;
    struct Frame : leat_settler {
        Receipts* owner;
    };

    void settle(uint64_t token, uint32_t outcome, const leat_detail* detail) {
        const leat_receipt* found = taken_.find(token);
        if (!found) return;  // given up at stop
        const leat_receipt receipt = *found;
        taken_.remove(token);
        Settlements().settle(receipt, outcome, LEAT_NONE, detail);
    }
    void let_go(uint64_t token) {
        if (token == in_hand_) {
            taken_.remove(token);
            in_hand_ = 0;
            return;
        }
        const leat_detail why{sizeof(leat_detail), 0, bytes("its receipt was let go without an outcome"), 0};
        settle(token, LEAT_RETRY, &why);
    }
    void passed_settled(const leat_settlement* batch, size_t n) {
        for (size_t i = 0; i < n; ++i) {
            if (passed_.find(batch[i].token)) {
                passed_.remove(batch[i].token);
            } else {
                settled_twice();
            }
        }
    }

    Slots<leat_receipt> taken_;
    Slots<char> passed_;  // the slots alone matter
    uint64_t in_hand_ = 0;
    Frame frame_;
};

inline Receipt::~Receipt() {
    if (of_) of_->let_go(token_);
}

inline void Receipt::settle(uint32_t outcome, std::string_view reason, std::chrono::nanoseconds after) {
    Receipts* of = std::exchange(of_, nullptr);
    if (!of) throw std::logic_error("this receipt was settled already");
    const leat_detail detail{sizeof(leat_detail), 0, bytes(reason), after.count()};
    of->settle(token_, outcome, outcome == LEAT_ACK ? nullptr : &detail);
}

}  // namespace v1
}  // namespace leat
