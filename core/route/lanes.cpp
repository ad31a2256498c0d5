#include "route/lanes.hpp"

#include "runtime/reentrancy.hpp"
#include "runtime/services.hpp"

#include <leat/sdk/flow/buffer.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace leat::route {
namespace {

constexpr uint64_t kLone = uint64_t{1} << 32;  // keys above: messages that hold no lane but themselves

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

void keep_apart(leat_message& message) { compact(Services{runtime::services(), nullptr}, message); }

}  // namespace

HeldLanes::HeldLanes(StepSetup setup) : setup_(std::move(setup)) {
    inlet_.push = [](leat_inlet* i, leat_message* batch, size_t n) { static_cast<Inlet*>(i)->owner->push(batch, n); };
    inlet_.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
        static_cast<Inlet*>(i)->owner->signal(what, arg);
    };
    inlet_.owner = this;
}

HeldLanes::~HeldLanes() { setup_.route.shard().timers().cancel_all(this); }

void HeldLanes::push(leat_message* batch, size_t n) {
    runtime::assert_may_push();
    if (abandoning_) {
        Settlements gone;
        for (size_t i = 0; i < n; ++i) gone.end(batch[i], LEAT_ABANDON);
        return;
    }
    was_flushed_ = false;
    if (!lanes_.empty()) {
        size_t left = 0;
        for (size_t i = 0; i < n; ++i) {
            if (!hold(batch[i])) batch[left++] = batch[i];
        }
        n = left;
        if (n == 0) return;
    }
    push_on(batch, n);
}

void HeldLanes::signal(uint32_t what, uint64_t arg) {
    if (what == LEAT_SIGNAL_ABANDON_LANE) abandon_lane(static_cast<uint32_t>(arg));
    if (abandoning_) return;  // what is below may have stopped already
    was_flushed_ = was_flushed_ || what == LEAT_SIGNAL_FLUSH;
    signal_on(what, arg);
}

uint64_t HeldLanes::lane_key(const leat_message& message) {
    return setup_.ordered ? message.lane : kLone + ++lone_lanes_;
}

HeldLanes::Lane& HeldLanes::lane_at(uint64_t key) {
    auto& lane = lanes_[key];
    if (!lane) lane = std::make_unique<Lane>();
    return *lane;
}

// Takes a message over if its lane is held.
bool HeldLanes::hold(const leat_message& message) {
    if (!setup_.ordered) return false;
    const auto found = lanes_.find(message.lane);
    if (found == lanes_.end()) return false;
    leat_message& kept = found->second->queue.emplace_back(message);
    keep_apart(kept);
    ++waiting_;
    return true;
}

void HeldLanes::hold_first(const std::vector<leat_message>& messages) {
    for (auto m = messages.rbegin(); m != messages.rend(); ++m) {
        const uint64_t key = setup_.ordered ? m->lane : lane_key(*m);
        Lane& lane = lane_at(key);
        keep_apart(lane.queue.emplace_front(*m));
        ++waiting_;
        arrange(key, lane);
    }
}

void HeldLanes::take(uint64_t key, Refused&& refused, bool was_trial) {
    if (abandoning_) {
        Settlements().end(refused.message, LEAT_ABANDON);
        if (was_trial) ended(key);
        return;
    }
    const FailurePolicy& policy = setup_.policy;
    refused.given_up = refused.outcome == LEAT_REJECT || (policy.attempts && refused.attempts >= policy.attempts);
    if (!refused.given_up) {
        const auto delay = policy.backoff.delay(refused.attempts - 1, setup_.route.shard().random()).count();
        refused.due_ns = now_ns() + std::max(delay, refused.retry_after_ns);
    }
    keep_apart(refused.message);
    ++waiting_;
    Lane& lane = lane_at(key);
    const auto at = std::upper_bound(lane.refused.begin(), lane.refused.end(), refused.order,
                                     [](uint64_t order, const Refused& r) { return order < r.order; });
    lane.refused.insert(at, std::move(refused));
    if (was_trial) lane.is_trying = false;  // another one's trial may be under way
    arrange(key, lane);
}

void HeldLanes::ended(uint64_t key) {
    const auto found = lanes_.find(key);
    if (found == lanes_.end()) return;
    found->second->is_trying = false;
    arrange(key, *found->second);
}

// Sets the time of the lane's next step; never takes it here, since this may be inside settle.
void HeldLanes::arrange(uint64_t key, Lane& lane) {
    if (lane.is_trying) return;
    auto& timers = setup_.route.shard().timers();
    if (lane.timer) timers.cancel(lane.timer);
    const bool waits = !lane.refused.empty() && !lane.refused.front().given_up;
    const int64_t delay = waits ? lane.refused.front().due_ns - now_ns() : 0;
    lane.timer = timers.start(
        std::chrono::nanoseconds(delay), [this, key] { run(key); }, this);
}

void HeldLanes::run(uint64_t key) {
    const auto found = lanes_.find(key);
    if (found == lanes_.end()) return;
    Lane& lane = *found->second;
    lane.timer = 0;
    if (lane.is_trying) return;
    if (lane.refused.empty()) return open_up(key);
    Refused first = std::move(lane.refused.front());
    lane.refused.pop_front();
    lane.is_trying = true;
    --waiting_;
    if (first.given_up) return give_up(key, std::move(first));
    ++retries_;
    try_again(key, std::move(first));
    flush_on();
}

// Nothing refused is left: what was held goes on, until the next refusal.
void HeldLanes::open_up(uint64_t key) {
    while (true) {
        const auto found = lanes_.find(key);
        if (found == lanes_.end()) return;
        Lane& lane = *found->second;
        if (!lane.refused.empty() || lane.is_trying) return;
        if (lane.queue.empty()) {
            if (lane.timer) setup_.route.shard().timers().cancel(lane.timer);
            lanes_.erase(found);
            flush_on();
            return;
        }
        leat_message batch[LEAT_BATCH_MAX];
        const size_t n = std::min<size_t>(lane.queue.size(), LEAT_BATCH_MAX);
        std::copy_n(lane.queue.begin(), n, batch);
        lane.queue.erase(lane.queue.begin(), lane.queue.begin() + static_cast<std::ptrdiff_t>(n));
        waiting_ -= n;
        push_on(batch, n);
    }
}

void HeldLanes::give_up(uint64_t key, Refused&& refused) {
    if (setup_.dead_letter) return setup_.dead_letter->send(std::move(refused), setup_.step, key, this);
    switch (setup_.policy.then) {
        case FailurePolicy::Then::discard:
            if (discarded_++ == 0) {
                setup_.route.log(LEAT_LOG_WARNING,
                                 "discards messages (then: discard); the first: " + describe(refused));
            }
            Settlements().end(refused.message, LEAT_ACK, LEAT_DISCARDED);
            return ended(key);
        case FailurePolicy::Then::source:
            Settlements().end(refused.message, LEAT_REJECT, LEAT_NONE, refused.reason);
            return ended(key);
        default: {
            // The lane stays held: nothing may overtake what stops the route.
            const std::string why = describe(refused);
            Settlements().end(refused.message, LEAT_ABANDON);
            setup_.route.stop_with(why +
                                   "; it stays unacknowledged at the source. Mend the cause and start again, or "
                                   "give the route an on_failure with dead_letter, or \"then\"");
        }
    }
}

void HeldLanes::dead_lettered(uint64_t key, Refused&& refused, bool landed) {
    Settlements().end(refused.message, landed ? LEAT_ACK : LEAT_ABANDON, landed ? LEAT_DEAD_LETTERED : LEAT_NONE);
    ended(key);
}

void HeldLanes::abandon(Lane& lane) {
    Settlements gone;
    waiting_ -= lane.refused.size() + lane.queue.size();
    const auto refused = std::move(lane.refused);
    const auto queue = std::move(lane.queue);
    lane.refused.clear();
    lane.queue.clear();
    for (const Refused& r : refused) gone.end(r.message, LEAT_ABANDON);
    for (const leat_message& m : queue) gone.end(m, LEAT_ABANDON);
}

void HeldLanes::abandon_all() {
    abandoning_ = true;
    for (auto& [key, lane] : lanes_) abandon(*lane);
}

void HeldLanes::abandon_lane(uint32_t number) {
    for (auto& [key, lane] : lanes_) {
        const bool is_ours =
            key == number || (key > kLone && !lane->refused.empty() && lane->refused.front().message.lane == number);
        if (is_ours) abandon(*lane);
    }
}

std::string HeldLanes::describe(const Refused& refused) const {
    std::string text = "\"" + setup_.step + "\" ";
    text += refused.outcome == LEAT_REJECT ? "rejected" : "refused, " + std::to_string(refused.attempts) + " times,";
    text += " a message of topic \"" + std::string(view(refused.message.topic)) + "\"";
    if (present(refused.message.key)) text += ", key \"" + std::string(view(refused.message.key)) + "\"";
    return text + ": " + (refused.reason.empty() ? "no reason given" : refused.reason);
}

}  // namespace leat::route
