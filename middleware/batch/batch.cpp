#include "batch.hpp"

#include <algorithm>
#include <limits>

namespace leat::batch {

using holding::Id;

void BatchStage::open() {
    is_ordered_ = identity().flags & LEAT_IDENTITY_ORDERED;
    watches_lanes_ = by && across_lanes && is_ordered_;
    merged_.on_settled(
        this,
        [](void* self, uint64_t token, const leat_settlement& s, Settlements& up) {
            static_cast<BatchStage*>(self)->settle(token, s, up);
        },
        [](void* self) { static_cast<BatchStage*>(self)->look_stopped(); });
}

void BatchStage::take(leat_message* all, size_t n) {
    const int64_t now = services().now().count();
    {
        BufferRun taken;
        Settlements refused;
        std::string why;
        for (size_t i = 0; i < n; ++i) {  // hot: per message
            if (take_one(all[i], now, why)) {
                taken.drop(all[i].buffer);
            } else {
                refused.end(all[i], LEAT_REJECT, LEAT_NONE, why);
            }
        }
    }
    out_.flush(next());
    arm();
}

bool BatchStage::take_one(const leat_message& message, int64_t now, std::string& why) {
    if (!fits(format, message.payload, why)) return false;
    Id value;
    if (by) {
        const Template::Result text = by(message);
        if (!text.ok) return why = view(text.text), false;
        value = fingerprints_.text(view(text.text));
    }
    Group& group = group_for(message, value, now);
    group.add(message);
    if (watches_lanes_) {
        uint32_t at = lanes_.find({message.lane, 0});
        if (at == lanes_.kNone) at = lanes_.insert({message.lane, 0});
        lanes_.value(at) = &group;
    }
    if (group.parts().size() >= count || group.bytes() >= bytes.bytes) let_go(group);
    return true;
}

// The group that a message goes to. What its lane has elsewhere goes on its way first, on an ordered route.
Group& BatchStage::group_for(const leat_message& message, Id value, int64_t now) {
    const Id lane{message.lane, 0};
    if (watches_lanes_) {
        const uint32_t at = lanes_.find(lane);
        if (at != lanes_.kNone && lanes_.value(at)->value() != value) let_go(*lanes_.value(at));
    }
    const Id place = across_lanes ? value : is_ordered_ ? lane : Id{value.low + message.lane, value.high};
    if (const uint32_t at = open_.find(place); at != open_.kNone) {
        Group& group = *open_.value(at);
        const bool has_room = group.bytes() + message.payload.size <= bytes.bytes;
        if (has_room && group.value() == value) return group;
        let_go(group);
    }
    if (idle_.empty()) idle_.push_back(groups_.emplace_back(std::make_unique<Group>()).get());
    Group& group = *idle_.back();
    idle_.pop_back();
    group.open(services(), message, place, value, now + std::chrono::nanoseconds(time).count());
    const uint32_t at = open_.insert(place);
    open_.value(at) = &group;
    open_.touch(at);
    return group;
}

// Makes one message of a group and sends it on its way.
void BatchStage::let_go(Group& group) {
    const uint32_t lane = across_lanes ? merged_lane() : group.parts().front().lane;
    leat_message merged = group.merge(services(), format, lane);
    const auto [token, entry] = merged_.replace(merged);
    close(group);
    entry->parts.swap(group.parts());
    out_.add(merged, next());
}

void BatchStage::close(Group& group) {
    open_.erase(open_.find(group.place()));
    for (const Part& part : group.parts()) {
        if (!watches_lanes_) break;
        if (const uint32_t at = lanes_.find({part.lane, 0}); at != lanes_.kNone) lanes_.erase(at);
    }
    idle_.push_back(&group);
}

void BatchStage::let_go_until(int64_t due) {
    while (open_.oldest() != open_.kNone && open_.value(open_.oldest())->due_ns() <= due) {
        let_go(*open_.value(open_.oldest()));
    }
    out_.flush(next());
}

void BatchStage::signal(uint32_t what, uint64_t arg) {
    if (what == LEAT_SIGNAL_FLUSH) let_go_until(std::numeric_limits<int64_t>::max());
    if (what == LEAT_SIGNAL_ABANDON_LANE) abandon_lane(static_cast<uint32_t>(arg));
    Stage::signal(what, arg);
}

void BatchStage::arm() {
    const bool is_idle = open_.oldest() == open_.kNone;
    if (timer_ || is_idle) return;
    const int64_t due = open_.value(open_.oldest())->due_ns();
    const int64_t delay = std::max<int64_t>(due - services().now().count(), 0);
    timer_ = services().after(
        Nanoseconds(delay), [](void* self) { static_cast<BatchStage*>(self)->wake(); }, this);
}

void BatchStage::wake() {
    timer_ = 0;
    let_go_until(services().now().count());
    arm();
}

void BatchStage::settle(uint64_t token, const leat_settlement& s, Settlements& up) {
    settled_.swap(merged_.find(token)->parts);
    merged_.remove(token);
    for (const Part& part : settled_) up.settle(part.receipt, s.outcome, s.code, s.detail);  // hot: per message
    settled_.clear();
}

void BatchStage::abandon_lane(uint32_t lane) {
    std::vector<Part> gone;
    for (const auto& each : groups_) {
        if (each->parts().empty()) continue;
        each->remove_lane(lane, gone);
        if (!each->parts().empty()) continue;
        close(*each);
        each->close();
    }
    if (const uint32_t at = lanes_.find({lane, 0}); at != lanes_.kNone) lanes_.erase(at);
    Settlements up;
    for (const Part& part : gone) up.settle(part.receipt, LEAT_ABANDON);
}

void BatchStage::give_up() {
    std::vector<Part> gone;
    for (const auto& each : groups_) {
        if (each->parts().empty()) continue;
        gone.insert(gone.end(), each->parts().begin(), each->parts().end());
        close(*each);
        each->parts().clear();
        each->close();
    }
    Settlements up;
    for (const Part& part : gone) up.settle(part.receipt, LEAT_ABANDON);
}

}  // namespace leat::batch
