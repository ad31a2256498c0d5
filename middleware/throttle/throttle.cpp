#include "throttle.hpp"

#include <cmath>

namespace leat::throttle {

void Throttle::open() {
    Postponer::open();
    // One rate for all: nothing can be due before what came earlier.
    keep_lanes(key && (identity().flags & LEAT_IDENTITY_ORDERED));
    if (rate.per_second <= 0) return;
    constexpr double kLongest = 1e18;  // 31 years
    const double interval = std::min(1e9 / rate.per_second, kLongest);
    limit_.interval = std::llround(interval);
    limit_.slack = std::llround(std::min(interval * (burst - 1), kLongest));
}

Pace& Throttle::pace_of(leat_bytes of) {
    const holding::Id id = fingerprints_.text(view(of));
    uint32_t at = paces_.find(id);
    if (at == paces_.kNone) {
        if (paces_.size() >= keys) paces_.erase(paces_.oldest());
        at = paces_.insert(id);
        paces_.value(at).reset();
    }
    paces_.touch(at);
    return paces_.value(at);
}

void Throttle::take(leat_message* all, size_t n) {
    using holding::Verdict;
    const int64_t now = begin();
    n = holding::sift(*this, all, n, [&](leat_message& m, holding::Why& why) {  // hot: per message
        if (!key) return later(m, now, pace_.take(now, limit_)) ? Verdict::taken : Verdict::pass;
        const Template::Result of = key(m);
        if (!of.ok) return why.text = of.text, Verdict::reject;
        // What waits behind another message of its lane comes when that one has gone.
        const int64_t comes = earliest(m, now);
        return later(m, now, pace_of(of.text).take(comes, limit_)) ? Verdict::taken : Verdict::pass;
    });
    finish();
    pass(all, n);
}

}  // namespace leat::throttle
