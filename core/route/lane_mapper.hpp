// "lane": gives messages a lane of the route's own, from a template; where that has no value, the source's stays.
//
// Such lanes are no partitions: that one is lost is not passed on; late settlements are simply stale. On the shard.
#pragma once
#include "runtime/services.hpp"

#include <leat/sdk/services.hpp>

namespace leat::route {

class LaneMapper {
  public:
    explicit LaneMapper(const leat_template* lane) : lane_(runtime::services(), lane) {
        inlet_.push = [](leat_inlet* i, leat_message* batch, size_t n) {
            static_cast<Inlet*>(i)->owner->push(batch, n);
        };
        inlet_.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
            leat_inlet* next = static_cast<Inlet*>(i)->owner->next_;
            if (what != LEAT_SIGNAL_ABANDON_LANE) next->signal(next, what, arg);
        };
        inlet_.owner = this;
    }
    LaneMapper(const LaneMapper&) = delete;
    LaneMapper& operator=(const LaneMapper&) = delete;

    void open(leat_inlet* next) { next_ = next; }
    leat_inlet* inlet() { return &inlet_; }

  private:
    struct Inlet : leat_inlet {
        LaneMapper* owner;
    };

    void push(leat_message* batch, size_t n) {
        for (size_t i = 0; i < n; ++i) {  // hot: per message
            if (const auto lane = lane_(batch[i]); lane.ok) batch[i].lane = lane_of(view(lane.text));
        }
        next_->push(next_, batch, n);
    }

    Template lane_;
    Inlet inlet_;
    leat_inlet* next_ = nullptr;
};

}  // namespace leat::route
