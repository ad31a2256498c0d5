#include "delay.hpp"

namespace leat::delay {

void Delay::open() {
    Postponer::open();
    // By arrival nothing can be due before what came earlier.
    keep_lanes(since == Since::timestamp && (identity().flags & LEAT_IDENTITY_ORDERED));
}

void Delay::take(leat_message* all, size_t n) {
    const int64_t now = begin();
    const int64_t wall = services().wall().count();
    size_t kept = 0;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        leat_message& m = all[i];
        int64_t due = now + time.count();
        if (since == Since::timestamp && m.timestamp_ns > 0 && m.timestamp_ns < wall) {
            due = std::max(now, due - (wall - m.timestamp_ns));
        }
        if (later(m, now, earliest(m, due))) continue;
        if (kept != i) all[kept] = m;
        ++kept;
    }
    finish();
    pass(all, kept);
}

}  // namespace leat::delay
