// Messages that have landed before are dropped.
#pragma once
#include <chrono>
#include <unordered_map>
#include <vector>

#include "holding/id_table.hpp"
#include "holding/keeper.hpp"
#include "holding/out.hpp"
#include "holding/own_receipts.hpp"
#include "holding/ring.hpp"

namespace leat::deduplicate {

class Deduplicate : public holding::Keeper {
  public:
    static constexpr uint32_t kFlags = LEAT_STAGE_ASYNC;

    Template id;
    std::chrono::milliseconds window{600'000};
    uint32_t count = 100'000;

    static auto options() {
        return leat::options(
            option<&Deduplicate::id>("id",
                                     "What tells that two messages are the same; by default topic, key and payload.")
                .example("\"${header:id}\""),
            option<&Deduplicate::window>("window", "How long it is remembered that a message has landed.")
                .range(1e6, 1e18),
            option<&Deduplicate::count>("count",
                                        "How many are remembered at most, about 70 bytes each; the oldest go "
                                        "first.")
                .range(1, 1e9));
    }

    void open() override;
    void signal(uint32_t what, uint64_t arg) override;

  protected:
    void take(leat_message* all, size_t n) override;
    void give_up() override;
    size_t outstanding() const override { return sent_.size(); }

  private:
    struct Sent {
        leat_receipt receipt{};
        uint32_t place = 0;             // in the table
        std::vector<uint64_t> waiting;  // queues whose first is a copy of it
    };
    struct Known {
        bool is_pending = false;
        uint64_t token = 0;    // pending: of the first copy
        int64_t since_ns = 0;  // landed
    };
    using Queue = holding::Ring<leat_message>;
    enum class Admission : uint8_t { pass, known, wait, reject };

    Admission admit(leat_message& message, uint64_t queue, std::string_view& why);
    void pass_judged(leat_message& message, Admission admission, std::string_view why, Settlements& up);
    uint64_t queue_of(const leat_message& message);
    void keep(uint64_t queue, leat_message& message);
    void forget_until(int64_t time);
    void settle(uint64_t token, const leat_settlement& settlement, Settlements& up);
    void settled_some();
    void go_on();
    void go_on(uint64_t queue, Settlements& up);
    template <class F>
    void abandon(F&& is_gone);

    holding::OwnReceipts<Sent> sent_;
    holding::Fingerprints fingerprints_;
    holding::IdTable<Known> known_;  // listed: those that have landed, the oldest first
    // Copies that wait for the outcome of the first. Ordered: by lane, with all that came behind in that lane;
    // otherwise each alone.
    std::unordered_map<uint64_t, Queue> queues_;
    uint64_t lone_ = 0;
    std::vector<uint64_t> ready_;  // queues whose first has waited long enough
    int64_t now_ns_ = 0;           // of the batch that is being settled; 0: not looked at yet
    bool goes_on_soon_ = false;
    bool was_flushed_ = false;  // FLUSH came last from above: what goes on later is flushed, too
    bool is_ordered_ = false;
    holding::Out out_;
    leat_counter* duplicates_ = nullptr;
    leat_counter* remembered_ = nullptr;
};

}  // namespace leat::deduplicate
