// An inspector between two elements of a route: watches that both keep the rules of plugin.h, and names who does not.
//
// It replaces each receipt by one of its own and checks: no push or signal inside settle; batches of legal size;
// every receipt settled once, by somebody who has not stopped; a message given back by host->fail is as it was
// received; when the route has ended, no receipt is left unsettled. Debug builds put one above and below every
// component of a plugin, others where the environment says LEAT_INSPECT=1; it costs some 20 ns a message. On the
// shard.
#pragma once
#include "runtime/instance.hpp"

#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/flow/token.hpp>

#include <string>

namespace leat::route {

class Seam final : public runtime::FailTaker {
  public:
    /// Whether routes get seams: in debug builds, or where LEAT_INSPECT is set and not 0.
    static bool is_wanted();

    /// above, below  the instances on both sides; nullptr: an element of the host's own.
    Seam(const leat_instance* above, const leat_instance* below);
    Seam(const Seam&) = delete;
    Seam& operator=(const Seam&) = delete;

    void open(leat_inlet* next) { next_ = next; }
    leat_inlet* inlet() { return &inlet_; }
    /// Who takes back what the stage below refuses at once.
    void set_gate(runtime::FailTaker* gate) { gate_ = gate; }
    void fail(const leat_message& message, uint32_t outcome, uint32_t code, const leat_detail* detail) override;

    /// Everything has stopped: all receipts must have been settled.
    void check_empty() const;

  private:
    struct Inlet : leat_inlet {
        Seam* owner;
    };
    struct Settler : leat_settler {
        Seam* owner;
    };

    void push(leat_message* batch, size_t n);
    void signal(uint32_t what, uint64_t arg);
    void settle(const leat_settlement* batch, size_t n);
    std::string who_is_above() const;
    std::string who_is_below() const;

    const leat_instance* above_;
    const leat_instance* below_;
    Inlet inlet_;
    Settler settler_;
    leat_inlet* next_ = nullptr;
    runtime::FailTaker* gate_ = nullptr;
    Slots<leat_receipt> passed_;
};

}  // namespace leat::route
