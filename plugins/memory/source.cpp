#include "source.hpp"

#include <algorithm>

namespace leat::memory {

Source::Source(const std::vector<Topic*>& topics, const std::string& group) {
    feeds_ = std::vector<Feed>(topics.size());  // of this size for ever: bells stay where they are
    for (size_t i = 0; i < topics.size(); ++i) {
        feeds_[i].topic = topics[i];
        feeds_[i].group = &topics[i]->group(group);
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
    if (feeds_.size() > kMostShown) {
        shown_.push_back(open_shown(""));
    } else {
        for (const Feed& feed : feeds_) shown_.push_back(open_shown(feed.topic->name()));
    }
}

Source::Shown Source::open_shown(const std::string& topic) const {
    const auto metric = [&](uint32_t kind, const char* name, const char* description) {
        const std::string full = topic.empty() ? name : name + ("{" + topic + "}");
        return services().host->counter(services().me, kind, full.c_str(), description);
    };
    Shown s{};
    s.depth = metric(LEAT_GAUGE, "depth", "Messages stored for the group and not settled.");
    s.published = metric(LEAT_COUNTER, "published", "Messages stored for the group.");
    s.delivered = metric(LEAT_COUNTER, "delivered", "Messages handed to members of the group, again too.");
    s.settled = metric(LEAT_COUNTER, "settled", "Messages that the group has acknowledged or rejected.");
    s.redelivered =
        metric(LEAT_COUNTER, "redelivered", "Messages handed out again, after a retry or a member's stop.");
    s.dropped = metric(LEAT_COUNTER, "dropped", "Messages that the group lost because the topic was full.");
    s.expired = metric(LEAT_COUNTER, "expired", "Messages that waited longer than their ttl.");
    s.oldest = metric(LEAT_GAUGE, "oldest_ms", "How long the first that was never delivered waits, ms.");
    return s;
}

void Source::show(const Shown& where, const Figures& figures, int64_t now_ns) const {
    const auto set = services().host->counter_set;
    set(where.depth, figures.depth);
    set(where.published, figures.published);
    set(where.delivered, figures.delivered);
    set(where.settled, figures.settled);
    set(where.redelivered, figures.redelivered);
    set(where.dropped, figures.dropped);
    set(where.expired, figures.expired);
    set(where.oldest, figures.oldest_ns ? static_cast<uint64_t>(now_ns - figures.oldest_ns) / 1'000'000 : 0);
}

void Source::show_all() const {
    const int64_t now = services().host->now_ns();
    Figures sum;
    for (size_t i = 0; i < feeds_.size(); ++i) {
        const Figures f = feeds_[i].topic->figures(*feeds_[i].group);
        if (shown_.size() == feeds_.size()) {
            show(shown_[i], f, now);
            continue;
        }
        sum.depth += f.depth;
        sum.published += f.published;
        sum.delivered += f.delivered;
        sum.settled += f.settled;
        sum.redelivered += f.redelivered;
        sum.dropped += f.dropped;
        sum.expired += f.expired;
        if (f.oldest_ns && (sum.oldest_ns == 0 || f.oldest_ns < sum.oldest_ns)) sum.oldest_ns = f.oldest_ns;
    }
    if (shown_.size() != feeds_.size()) show(shown_[0], sum, now);
}

// What is beyond its time goes though nobody has credit to read.
void Source::tick() {
    const int64_t now = services().host->now_ns();
    for (Feed& feed : feeds_) feed.topic->expire(now);
    show_all();
    services().after(
        kTick, [](void* self) { static_cast<Source*>(self)->tick(); }, this);
}

void Source::start() {
    has_joined_ = true;
    for (Feed& feed : feeds_) feed.topic->join(*feed.group, &feed.bell);
    services().up();
    services().after(
        kTick, [](void* self) { static_cast<Source*>(self)->tick(); }, this);
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
    feed.topic->take(*feed.group, credit, spans_, &feed.bell, services().host->now_ns());
    if (spans_.empty()) return false;
    uint64_t bytes = 0;
    for (const Span& span : spans_) bytes += bytes_of(*span.block, span.begin, span.end);
    const size_t n = fill(spans_);
    feed.portions.push_back({feed.window->next() + n, bytes});
    emit(*feed.window, batch_, n);
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

// Gathered, so that neighbours go back in order: advanced() follows.
bool Source::give_back(InFlight& window, uint64_t sequence) {
    Feed& feed = feeds_[window.domain()];
    feed.leaving.push_back(window.kept(sequence));
    feed.requeued.insert(std::upper_bound(feed.requeued.begin(), feed.requeued.end(), sequence), sequence);
    return true;
}

void Source::requeue(Feed& feed) {
    if (feed.leaving.empty()) return;
    feed.topic->requeue(*feed.group, feed.leaving);
    feed.leaving.clear();
}

// Bytes of the messages from the last that was told to the topic up to the watermark. Mostly they are whole batches,
// whose sums are known; only in what is left each message is looked at.
uint64_t Source::take_bytes(Feed& feed) {
    InFlight& window = *feed.window;
    uint64_t bytes = 0, at = feed.settled;
    while (!feed.portions.empty() && feed.portions.front().end <= window.watermark()) {
        bytes += feed.portions.front().bytes;
        at = feed.portions.front().end;
        feed.portions.pop_front();
    }
    if (at == window.watermark()) return bytes;
    const uint64_t part = window.content_size(at, window.watermark() - at);
    feed.portions.front().bytes -= part;
    return bytes + part;
}

void Source::advanced(InFlight& window) {
    Feed& feed = feeds_[window.domain()];
    requeue(feed);
    uint64_t n = window.watermark() - feed.settled;
    if (n == 0) return;
    uint64_t bytes = take_bytes(feed);
    const auto passed = std::lower_bound(feed.requeued.begin(), feed.requeued.end(), window.watermark());
    for (auto at = feed.requeued.begin(); at != passed; ++at) {
        --n;
        bytes -= window.content_size(*at, 1);
    }
    feed.requeued.erase(feed.requeued.begin(), passed);
    feed.settled = window.watermark();
    if (n > 0) feed.topic->settled(*feed.group, n, bytes);
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
    show_all();
    stopped();
}

void Source::give_back(Feed& feed) {
    InFlight& window = *feed.window;
    std::vector<leat_message> open;
    uint64_t settled = 0, settled_bytes = 0;
    for (uint64_t s = window.watermark(); s < window.next(); ++s) {
        if (std::binary_search(feed.requeued.begin(), feed.requeued.end(), s)) continue;
        if (window.is_settled(s)) {
            ++settled;
            settled_bytes += window.content_size(s, 1);
        } else {
            open.push_back(window.kept(s));
        }
    }
    if (settled) feed.topic->settled(*feed.group, settled, settled_bytes);
    if (!open.empty()) feed.topic->give_back(*feed.group, open);
    feed.requeued.clear();
    feed.portions.clear();
    forget(window);
    feed.settled = window.watermark();
}

}  // namespace leat::memory
