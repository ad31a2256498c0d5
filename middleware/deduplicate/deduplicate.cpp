#include "deduplicate.hpp"

#include <leat/sdk/flow/buffer.hpp>

#include <utility>

namespace leat::deduplicate {

void Deduplicate::open() {
    const leat_host& host = *services().host;
    duplicates_ = host.counter(services().me, LEAT_COUNTER, "duplicates", "Messages dropped: a copy had landed.");
    remembered_ = host.counter(services().me, LEAT_GAUGE, "remembered", "Messages known to have landed.");
    is_ordered_ = identity().flags & LEAT_IDENTITY_ORDERED;
    sent_.on_settled(
        this,
        [](void* self, uint64_t token, const leat_settlement& s, Settlements& up) {
            static_cast<Deduplicate*>(self)->settle(token, s, up);
        },
        [](void* self) { static_cast<Deduplicate*>(self)->settled_some(); });
}

void Deduplicate::take(leat_message* all, size_t n) {
    was_flushed_ = false;
    forget_until(services().now().count() - std::chrono::nanoseconds(window).count());
    {
        Settlements up;
        for (size_t i = 0; i < n; ++i) {  // hot: per message
            leat_message& m = all[i];
            const uint64_t queue = queue_of(m);
            if (is_ordered_ && !queues_.empty() && queues_.contains(queue)) {
                keep(queue, m);
                continue;
            }
            std::string_view why;
            const Admission admission = admit(m, queue, why);
            if (admission == Admission::wait) {
                keep(queue, m);
            } else {
                pass_judged(m, admission, why, up);
            }
        }
    }
    out_.flush(next());
}

// Ordered: the lane's. Otherwise one for this message alone; a lane has 32 bits.
uint64_t Deduplicate::queue_of(const leat_message& message) {
    return is_ordered_ ? message.lane : (uint64_t{1} << 32) + ++lone_;
}

// Whether it is the first of its kind; then its receipt is ours. If it has to wait, `queue` will be told.
Deduplicate::Admission Deduplicate::admit(leat_message& m, uint64_t queue, std::string_view& why) {
    holding::Id of;
    if (id) {
        const Template::Result text = id(m);
        if (!text.ok) return why = view(text.text), Admission::reject;
        of = fingerprints_.text(view(text.text));
    } else {
        of = fingerprints_.parts({m.topic, m.key, m.payload});
    }
    uint32_t at = known_.find(of);
    if (at != known_.kNone) {
        Known& known = known_.value(at);
        if (!known.is_pending) return Admission::known;
        sent_.find(known.token)->waiting.push_back(queue);
        return Admission::wait;
    }
    at = known_.insert(of);
    const auto [token, sent] = sent_.replace(m);
    sent->place = at;
    known_.value(at) = {true, token, 0};
    return Admission::pass;
}

void Deduplicate::pass_judged(leat_message& m, Admission admission, std::string_view why, Settlements& up) {
    if (admission == Admission::pass) return out_.add(m, next());
    if (admission == Admission::reject) return up.end(m, LEAT_REJECT, LEAT_NONE, why);
    services().host->counter_add(duplicates_, 1);
    up.end(m, LEAT_ACK, LEAT_DROPPED);
}

void Deduplicate::keep(uint64_t queue, leat_message& message) {
    compact(services(), message);
    queues_[queue].push(message);
}

void Deduplicate::forget_until(int64_t time) {
    while (known_.oldest() != known_.kNone && known_.value(known_.oldest()).since_ns <= time) {
        known_.erase(known_.oldest());
    }
}

void Deduplicate::settle(uint64_t token, const leat_settlement& s, Settlements& up) {  // hot: per message
    Sent& sent = *sent_.find(token);
    const leat_receipt receipt = sent.receipt;
    const uint32_t place = sent.place;
    ready_.insert(ready_.end(), sent.waiting.begin(), sent.waiting.end());
    sent.waiting.clear();
    sent_.remove(token);
    // What was given up below has not landed: the next copy gets its chance.
    if (s.outcome == LEAT_ACK && s.code != LEAT_DISCARDED && s.code != LEAT_DEAD_LETTERED) {
        if (now_ns_ == 0) now_ns_ = services().now().count();  // one look at the clock for a batch
        known_.value(place) = {false, 0, now_ns_};
        known_.touch(place);
        while (known_.listed() > count) known_.erase(known_.oldest());
    } else {
        known_.erase(place);
    }
    up.settle(receipt, s.outcome, s.code, s.detail);
}

void Deduplicate::settled_some() {
    now_ns_ = 0;
    services().host->counter_set(remembered_, known_.listed());
    look_stopped();
    if (goes_on_soon_ || ready_.empty() || is_stopping()) return;
    goes_on_soon_ = true;
    services().defer([](void* self) { static_cast<Deduplicate*>(self)->go_on(); }, this);
}

void Deduplicate::go_on() {
    goes_on_soon_ = false;
    {
        Settlements up;
        const auto ready = std::exchange(ready_, {});
        for (const uint64_t queue : ready) go_on(queue, up);
    }
    out_.flush(next());
    if (was_flushed_) next().signal(&next(), LEAT_SIGNAL_FLUSH, 0);
}

// The first of the queue is judged again, and those behind it, until one has to wait.
void Deduplicate::go_on(uint64_t queue, Settlements& up) {
    while (true) {
        const auto found = queues_.find(queue);
        if (found == queues_.end()) return;  // empty, or its lane was given up
        leat_message m = found->second.front();
        std::string_view why;
        const Admission admission = admit(m, queue, why);
        if (admission == Admission::wait) return;
        found->second.pop();
        if (found->second.empty()) queues_.erase(found);
        pass_judged(m, admission, why, up);
    }
}

void Deduplicate::signal(uint32_t what, uint64_t arg) {
    if (what == LEAT_SIGNAL_FLUSH) was_flushed_ = true;
    if (what == LEAT_SIGNAL_ABANDON_LANE) {
        abandon([arg](const leat_message& m) { return m.lane == static_cast<uint32_t>(arg); });
    }
    Stage::signal(what, arg);
}

void Deduplicate::give_up() {
    abandon([](const leat_message&) { return true; });
}

// All messages of a queue are of one lane.
template <class F>
void Deduplicate::abandon(F&& is_gone) {
    std::vector<leat_message> gone;
    for (auto entry = queues_.begin(); entry != queues_.end();) {
        Queue& queue = entry->second;
        if (!is_gone(queue.front())) {
            ++entry;
            continue;
        }
        while (!queue.empty()) gone.push_back(queue.pop());
        entry = queues_.erase(entry);
    }
    Settlements up;
    for (const leat_message& m : gone) up.end(m, LEAT_ABANDON);
}

}  // namespace leat::deduplicate
