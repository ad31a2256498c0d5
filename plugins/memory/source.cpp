#include "source.hpp"

#include <algorithm>

namespace leat::memory {

Source::Source(const std::vector<Topic*>& topics, const std::string& group) {
    feeds_.reserve(topics.size());  // bells stay where they are
    for (Topic* topic : topics) {
        Feed& feed = feeds_.emplace_back();
        feed.topic = topic;
        feed.group = &topic->group(group);
    }
}

void Source::open() {
    for (Feed& feed : feeds_) {
        feed.window = &open_window();
        feed.bell.services = services();
        feed.bell.arg = this;
        feed.bell.call = [](void* self) {
            auto* source = static_cast<Source*>(self);
            if (source->emitting()) source->resume();
        };
    }
}

void Source::start() {
    has_joined_ = true;
    for (Feed& feed : feeds_) feed.topic->join(*feed.group, &feed.bell);
    services().up();
    wake();
}

void Source::resume() {
    if (!emitting()) return;
    for (int round = 0; round < kRoundsPerTurn; ++round) {
        bool any = false;
        for (Feed& feed : feeds_) any |= emit_some(feed);
        if (!any) return;  // bells or settlements call again
    }
    wake();
}

bool Source::emit_some(Feed& feed) {
    const uint64_t credit = std::min<uint64_t>(feed.window->credit(), LEAT_BATCH_MAX);
    if (credit == 0) return false;
    spans_.clear();
    feed.topic->take(*feed.group, credit, spans_, &feed.bell);
    if (spans_.empty()) return false;
    emit(*feed.window, batch_, fill(spans_));
    return true;
}

size_t Source::fill(const std::vector<Span>& spans) {
    size_t n = 0;
    for (const Span& span : spans) {
        leat_buffer* buffer = lend(span.block, span.end - span.begin);
        for (uint32_t i = span.begin; i < span.end; ++i) {  // hot: per message
            batch_[n] = span.block->message(i);
            batch_[n++].buffer = buffer;
        }
    }
    return n;
}

void Source::advanced(InFlight& window) {
    Feed& feed = feeds_[window.domain()];
    uint64_t bytes = 0;
    const uint64_t n = window.watermark() - feed.settled;
    for (; feed.settled < window.watermark(); ++feed.settled) {  // hot: per message
        bytes += content_size(window.kept(feed.settled));
    }
    if (n) feed.topic->settled(*feed.group, n, bytes);
}

void Source::hold() { leave(); }

void Source::leave() {
    if (!has_joined_) return;
    has_joined_ = false;
    for (Feed& feed : feeds_) feed.topic->leave(*feed.group, &feed.bell);
}

void Source::stop() {
    leave();
    if (!is_idle()) {
        services().after(
            std::chrono::milliseconds(1), [](void* self) { static_cast<Source*>(self)->stop(); }, this);
        return;
    }
    for (Feed& feed : feeds_) give_back(feed);
    stopped();
}

void Source::give_back(Feed& feed) {
    InFlight& window = *feed.window;
    std::vector<leat_message> open;
    uint64_t settled = 0, settled_bytes = 0;
    for (uint64_t s = window.watermark(); s < window.next(); ++s) {
        if (window.is_settled(s)) {
            ++settled;
            settled_bytes += content_size(window.kept(s));
        } else {
            open.push_back(window.kept(s));
        }
    }
    if (settled) feed.topic->settled(*feed.group, settled, settled_bytes);
    if (!open.empty()) feed.topic->give_back(*feed.group, open);
    forget(window);
    feed.settled = window.watermark();
}

}  // namespace leat::memory
