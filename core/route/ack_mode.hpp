// "ack": "on_arrival": tells the source at once, and keeps the ledger of what became of the messages after all.
//
// Waives law 1 on request: what is unfinished when the process dies is lost. The early acknowledgement is withheld
// while max_in_flight messages are unfinished below, so memory stays bounded. On the shard.
#pragma once
#include "route/control.hpp"

#include <leat/plugin.h>
#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/flow/token.hpp>

#include <deque>

namespace leat::route {

class AckMode {
  public:
    AckMode(Control& route, uint64_t max_in_flight);
    AckMode(const AckMode&) = delete;
    AckMode& operator=(const AckMode&) = delete;

    void open(leat_inlet* next) { next_ = next; }
    leat_inlet* inlet() { return &inlet_; }
    /// The columns of the ledger as they really are; emitted, span and bytes are the source's.
    const leat_flow& flow() const { return flow_; }

  private:
    struct Inlet : leat_inlet {
        AckMode* owner;
    };
    struct Settler : leat_settler {
        AckMode* owner;
    };
    struct Unfinished {
        leat_receipt receipt{};  // of the source
        bool is_told = false;    // the source has its acknowledgement
    };

    void push(leat_message* batch, size_t n);
    void settle(const leat_settlement* batch, size_t n);
    void tell_next(Settlements& early);
    void count(const leat_settlement& s);

    Control& route_;
    uint64_t max_in_flight_;
    Inlet inlet_;
    Settler settler_;
    leat_inlet* next_ = nullptr;
    Slots<Unfinished> unfinished_;
    std::deque<uint64_t> withheld_;  // tokens in order; those that ended meanwhile are passed over
    leat_flow flow_{};
};

}  // namespace leat::route
