// "ack": "manual": a stage settles receipts by hand, and what it passes on is on nobody's account but the route's.
//
//     below = manual.below(next);      // directly below each stage that settles: counts what is unfinished there
//     manual.open(below_the_source);   // its inlet() stands below the source
//
// An acknowledgement by hand is withheld while max_in_flight messages are unfinished below such stages, so the
// source's credit bounds them; a drain waits for them. On the shard.
#pragma once
#include "route/control.hpp"

#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/flow/token.hpp>

#include <deque>
#include <memory>
#include <vector>

namespace leat::route {

class ManualAck {
  public:
    ManualAck(Control& route, uint64_t max_in_flight);
    ManualAck(const ManualAck&) = delete;
    ManualAck& operator=(const ManualAck&) = delete;

    void open(leat_inlet* next) { next_ = next; }
    leat_inlet* inlet() { return &inlet_; }
    /// An inlet above `next` that counts.
    leat_inlet* below(leat_inlet* next);

    /// Nothing is unfinished below the stages that settle.
    bool is_idle() const { return unfinished_ == 0; }
    /// The route is stopping: acknowledgements that were withheld are not given.
    void abandon_all();

    uint64_t unfinished() const { return unfinished_; }
    uint64_t not_landed() const { return not_landed_; }  ///< ended below neither landed nor on purpose
    uint64_t stale() const { return stale_; }            ///< settlements of no message in flight; ignored

  private:
    struct Inlet : leat_inlet {
        ManualAck* owner;
    };
    struct Settler : leat_settler {
        ManualAck* owner;
    };
    struct Face {  // below one stage that settles
        struct FaceInlet : leat_inlet {
            Face* face;
        } inlet;
        struct FaceSettler : leat_settler {
            Face* face;
        } settler;
        ManualAck* owner = nullptr;
        leat_inlet* next = nullptr;
        Slots<leat_receipt> sent;
    };
    struct Withheld {
        leat_receipt receipt;
        uint32_t code;
    };

    void push(leat_message* batch, size_t n);
    void settle(const leat_settlement* batch, size_t n);
    void push_below(Face& face, leat_message* batch, size_t n);
    void settle_below(Face& face, const leat_settlement* batch, size_t n);
    void stray();

    Control& route_;
    uint64_t max_in_flight_;
    uint64_t unfinished_ = 0;
    uint64_t not_landed_ = 0;
    uint64_t stale_ = 0;
    bool abandoning_ = false;
    Inlet inlet_;
    Settler settler_;
    leat_inlet* next_ = nullptr;
    Slots<leat_receipt> emitted_;
    std::deque<Withheld> withheld_;
    std::vector<std::unique_ptr<Face>> faces_;
};

}  // namespace leat::route
