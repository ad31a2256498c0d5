// A stage that holds messages or receipts: what it does when the route stops.
//
//     class Mine : public Keeper {
//         void take(leat_message* batch, size_t n) override { ... }      // never called when stopping
//         void give_up() override { queue_.abandon_all(); }
//         size_t outstanding() const override { return receipts_.size(); }
//     };
//
// Whenever a receipt of its own has come back, it calls look_stopped(). On the shard.
#pragma once
#include <leat/sdk/stage.hpp>

namespace leat::holding {

class Keeper : public Stage {
  public:
    void push(Batch& batch) final {
        size_t n = 0;
        leat_message* all = batch.all(n);
        if (!stopping_) return take(all, n);
        Settlements gone;
        for (size_t i = 0; i < n; ++i) gone.end(all[i], LEAT_ABANDON);
    }
    void stop() final {
        stopping_ = true;
        give_up();
        look_stopped();
    }

  protected:
    /// Takes over messages.
    virtual void take(leat_message* batch, size_t n) = 0;
    /// Settles ABANDON what is held.
    virtual void give_up() = 0;
    /// Receipts of ours that have not come back.
    virtual size_t outstanding() const { return 0; }

    bool is_stopping() const { return stopping_; }
    /// Answers stop when nothing is outstanding; may be called inside settle.
    void look_stopped() {
        if (!stopping_ || answered_ || outstanding()) return;
        answered_ = true;
        services().defer([](void* self) { static_cast<Keeper*>(self)->stopped(); }, this);
    }

  private:
    bool stopping_ = false;
    bool answered_ = false;
};

}  // namespace leat::holding
