// The part of Source that emits again, or gives back to the broker, what came back with `retry`. Included by
// source.hpp.
#pragma once
#include <leat/sdk/source.hpp>

#include <algorithm>

namespace leat {
inline namespace v1 {

inline void Source::emit_retries() {
    const int64_t now = services().host->now_ns();
    int64_t wait = 0;
    for (auto& window : windows_) {
        if (!window->retries_.empty()) return_retries(*window, now);
        leat_message again[LEAT_BATCH_MAX];
        while (!window->retries_.empty()) {
            // In order: a later one does not overtake an earlier one that still waits.
            size_t n = 0;
            auto& due = window->retries_;
            while (n < due.size() && n < LEAT_BATCH_MAX && due[n].due_ns <= now) {
                again[n] = window->kept(due[n].sequence);
                again[n].receipt = {&settler_, window->token_of(due[n].sequence)};
                leat_buffer_retain(again[n].buffer, 1);
                ++n;
            }
            if (n == 0) {
                const int64_t left = due.front().due_ns - now;
                wait = wait == 0 ? left : std::min(wait, left);
                break;
            }
            due.erase(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(n));
            next_->push(next_, again, n);
            if (credit(*window) == 0 || !emitting_) starved();
        }
    }
    if (wait > 0 && (retry_timer_ == 0 || now + wait < retry_due_ns_)) {
        services().cancel(retry_timer_);
        retry_due_ns_ = now + wait;
        retry_timer_ = services().after(
            Nanoseconds(wait),
            [](void* self) {
                auto* source = static_cast<Source*>(self);
                source->retry_timer_ = 0;
                source->on_wake();
            },
            this);
    }
}

// What is due and may go back to the broker.
inline void Source::return_retries(InFlight& window, int64_t now) {
    auto& due = window.retries_;
    bool any = false;
    while (!due.empty() && due.front().due_ns <= now && give_back(window, due.front().sequence)) {
        const uint64_t sequence = due.front().sequence;
        due.erase(due.begin());
        window.finish(sequence);
        ++flow_.returned;
        ++flow_.settled;
        any = true;
    }
    if (any) move_on(window);
    time_settled();
}

}  // namespace v1
}  // namespace leat
