// A stage works on batches: it passes on, keeps, changes, settles.
//
//     struct Count : leat::Stage {
//         uint64_t seen = 0;
//         void push(leat::Batch& batch) override { seen += batch.left(); pass(batch); }
//     };
//     LEAT_STAGE(Count, "count", "1.0.0", "Counts what passes.")
//
// For one message at a time see handler.hpp. All calls on the shard.
#pragma once
#include <leat/sdk/flow/component.hpp>
#include <leat/sdk/options.hpp>

namespace leat {
inline namespace v1 {

class Stage : public Receiver {
  public:
    /// Descriptor flags (LEAT_STAGE_ASYNC, _UNORDERED, _SETTLES, _TAKES_REJECTS): hide it with one of your own.
    static constexpr uint32_t kFlags = 0;

    void signal(uint32_t what, uint64_t arg) override { next_->signal(next_, what, arg); }

  protected:
    leat_inlet& next() { return *next_; }
    /// Passes messages on. n may be 0.
    void pass(leat_message* messages, size_t n) {
        if (n) next_->push(next_, messages, n);
    }
    /// Passes on all that is left.
    void pass(Batch& batch) {
        size_t n = 0;
        leat_message* all = batch.all(n);
        pass(all, n);
    }
    void on_start(leat_inlet* next) override {
        next_ = next;
        start();
    }

    // To the step's failure policy, with what stands behind it in its lane.
    void give_back(const leat_message& failed, std::string_view why, Batch& rest) override {
        const leat_host& host = *services().host;
        const leat_detail detail{sizeof(leat_detail), 0, bytes(why), 0};
        host.fail(services().me, &failed, LEAT_REJECT, LEAT_NONE, &detail);
        if (!(identity().flags & LEAT_IDENTITY_ORDERED)) return;
        rest.remove_if([&](const leat_message& m) {
            if (m.lane != failed.lane) return false;
            host.fail(services().me, &m, LEAT_RETRY, LEAT_HELD, nullptr);
            return true;
        });
    }

  private:
    leat_inlet* next_ = nullptr;
};

}  // namespace v1
}  // namespace leat
