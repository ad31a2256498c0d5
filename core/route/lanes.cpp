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

constexpr size_t kLanesKept = 4096;  // strict order: idle lanes that are kept for their next message

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }
int64_t wall_ns() { return std::chrono::system_clock::now().time_since_epoch().count(); }

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
    if (setup_.strict) {
        const bool waited = waiting_ > 0;
        n = admit(batch, n);
        if (n == 0) return waited ? void() : flush_on();
    } else if (!lanes_.empty()) {
        size_t left = 0;
        for (size_t i = 0; i < n; ++i) {
            if (!hold(batch[i])) batch[left++] = batch[i];
        }
        n = left;
        if (n == 0) return;
    }
    push_on(batch, n);
    flush_on();
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
    keep(*found->second, message);
    return true;
}

void HeldLanes::keep(Lane& lane, const leat_message& message) {
    keep_apart(lane.queue.emplace_back(message));
    ++waiting_;
}

// Strict order: those whose lane is free go, the others wait. Returns how many go.
size_t HeldLanes::admit(leat_message* batch, size_t n) {
    size_t left = 0;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        Lane& lane = lane_at(batch[i].lane);
        if (is_blocked(lane) || !lane.queue.empty() || is_full(lane)) {
            keep(lane, batch[i]);
        } else {
            goes_down(batch[i]);
            batch[left++] = batch[i];
        }
    }
    return left;
}

void HeldLanes::goes_down(leat_message& message) {
    if (!setup_.strict) return;
    Lane& lane = lane_at(message.lane);
    ++lane.in_flight;
    if (std::exchange(lane.resume, false)) message.flags |= LEAT_MESSAGE_RESUME;
}

void HeldLanes::came_back(uint32_t number) {
    if (!setup_.strict) return;
    const auto found = lanes_.find(number);
    if (found == lanes_.end()) return;
    Lane& lane = *found->second;
    --lane.in_flight;
    if (!lane.refused.empty() || !lane.queue.empty()) return arrange(number, lane);
    close(number);
}

// A lane that holds nothing any more.
void HeldLanes::close(uint64_t key) {
    const auto found = lanes_.find(key);
    Lane& lane = *found->second;
    const bool is_kept = setup_.strict && (lane.in_flight || lane.is_trying || lane.is_ready || lane.resume ||
                                           lanes_.size() <= kLanesKept);
    if (is_kept) return;
    if (lane.timer) setup_.route.shard().timers().cancel(lane.timer);
    lanes_.erase(found);
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

void HeldLanes::hold_next(const leat_message& message) {
    if (abandoning_) return Settlements().end(message, LEAT_ABANDON);
    if (!setup_.ordered) return hold_first({message});
    Lane& lane = lane_at(message.lane);
    const auto at = lane.queue.begin() + static_cast<std::ptrdiff_t>(std::min(lane.given_back++, lane.queue.size()));
    keep_apart(*lane.queue.insert(at, message));
    ++waiting_;
    arrange(message.lane, lane);
}

// How long the message may still be tried.
int64_t HeldLanes::left_of_age(const Refused& refused) const {
    const int64_t most = setup_.policy.max_age.count();
    if (most == 0) return INT64_MAX;
    const int64_t time = refused.message.timestamp_ns;
    return most - (time ? wall_ns() - time : now_ns() - refused.failed_first_ns);
}

void HeldLanes::judge_age(Refused& refused) const {
    if (refused.given_up || refused.held || left_of_age(refused) > 0) return;
    refused.given_up = true;
    refused.reason += (refused.reason.empty() ? "" : "; ") + std::string("it is older than max_age");
}

void HeldLanes::take(uint64_t key, Refused&& refused, bool was_trial) {
    if (abandoning_) {
        Settlements().end(refused.message, LEAT_ABANDON);
        if (was_trial) ended(key);
        return;
    }
    const FailurePolicy& policy = setup_.policy;
    const int64_t now = now_ns();
    if (refused.failed_first_ns == 0) refused.failed_first_ns = now;
    const bool was_last = policy.attempts && refused.attempts >= policy.attempts;
    refused.given_up = !refused.held && (refused.outcome == LEAT_REJECT || was_last);
    judge_age(refused);
    refused.due_ns = now;
    if (!refused.given_up && !refused.held) {
        const auto delay = policy.backoff.delay(refused.attempts - 1, setup_.route.shard().random()).count();
        refused.due_ns += std::min(std::max(delay, refused.retry_after_ns), left_of_age(refused));
    }
    keep_apart(refused.message);
    ++waiting_;
    Lane& lane = lane_at(key);
    lane.given_back = 0;
    lane.resume = setup_.in_order;
    const auto at = std::upper_bound(lane.refused.begin(), lane.refused.end(), refused.order,
                                     [](uint64_t order, const Refused& r) { return order < r.order; });
    lane.refused.insert(at, std::move(refused));
    if (was_trial) lane.is_trying = false;  // another one's trial may be under way
    arrange(key, lane);
}

void HeldLanes::ended(uint64_t key) {
    const auto found = lanes_.find(key);
    if (found == lanes_.end()) return;
    Lane& lane = *found->second;
    lane.is_trying = false;
    if (setup_.strict && lane.refused.empty() && lane.queue.empty()) return close(key);
    arrange(key, lane);
}

// Sets the time of the lane's next step; never takes it here, since this may be inside settle.
void HeldLanes::arrange(uint64_t key, Lane& lane) {
    if (lane.is_trying) return;
    if (setup_.strict && lane.in_flight > 0) return;  // came_back() asks again
    auto& timers = setup_.route.shard().timers();
    if (lane.timer) timers.cancel(lane.timer);
    lane.timer = 0;
    const bool waits = !lane.refused.empty() && !lane.refused.front().given_up;
    const int64_t delay = waits ? lane.refused.front().due_ns - now_ns() : 0;
    if (setup_.strict && delay <= 0) return make_ready(key, lane);
    lane.timer = timers.start(
        std::chrono::nanoseconds(delay), [this, key] { run(key); }, this);
}

// Strict order: lanes that go on are gathered, so that what goes down of many lanes goes in one batch.
void HeldLanes::make_ready(uint64_t key, Lane& lane) {
    if (std::exchange(lane.is_ready, true)) return;
    ready_.push_back(key);
    if (ready_.size() > 1) return;
    setup_.route.shard().timers().start(
        std::chrono::nanoseconds(0), [this] { run_ready(); }, this);
}

void HeldLanes::run_ready() {
    const auto keys = std::exchange(ready_, {});
    leat_message batch[LEAT_BATCH_MAX];
    size_t n = 0;
    for (const uint64_t key : keys) {
        const auto found = lanes_.find(key);
        if (found == lanes_.end()) continue;
        Lane& lane = *found->second;
        lane.is_ready = false;
        if (setup_.in_order || is_blocked(lane) || lane.queue.empty() || is_full(lane)) {
            run(key);
            continue;
        }
        batch[n] = lane.queue.front();
        lane.queue.pop_front();
        --waiting_;
        goes_down(batch[n]);
        if (++n < LEAT_BATCH_MAX) continue;
        push_on(batch, n);
        n = 0;
    }
    if (n) push_on(batch, n);
    flush_on();
}

void HeldLanes::run(uint64_t key) {
    const auto found = lanes_.find(key);
    if (found == lanes_.end()) return;
    Lane& lane = *found->second;
    lane.timer = 0;
    if (lane.is_trying || (setup_.strict && lane.in_flight > 0)) return;
    if (lane.refused.empty()) return open_up(key);
    Refused& next = lane.refused.front();
    judge_age(next);
    if (!next.given_up && next.due_ns > now_ns()) return arrange(key, lane);
    Refused first = std::move(next);
    lane.refused.pop_front();
    lane.is_trying = true;
    --waiting_;
    if (first.given_up) return give_up(key, std::move(first));
    retries_ += first.held ? 0 : 1;
    try_again(key, std::move(first));
    flush_on();
}

// Nothing refused is left: what was held goes on, until the next refusal.
void HeldLanes::open_up(uint64_t key) {
    while (true) {
        const auto found = lanes_.find(key);
        if (found == lanes_.end()) return;
        Lane& lane = *found->second;
        if (is_blocked(lane)) return;
        if (lane.queue.empty()) {
            close(key);
            return flush_on();
        }
        if (is_full(lane)) return;
        leat_message batch[LEAT_BATCH_MAX];
        const size_t most = setup_.strict && !setup_.in_order ? 1 : LEAT_BATCH_MAX;
        const size_t n = std::min<size_t>(lane.queue.size(), most);
        std::copy_n(lane.queue.begin(), n, batch);
        for (size_t i = 0; i < n; ++i) goes_down(batch[i]);
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
