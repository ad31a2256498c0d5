#include "topic.hpp"

#include <leat/sdk/flow/message.hpp>

#include <algorithm>

namespace leat::memory {

Topic::Topic(std::string name, const Limits& limits)
    : name_(std::move(name)), lane_(lane_of(name_)), limits_(limits) {}

Topic::~Topic() {
    for (size_t i = 0; i < log_.size(); ++i) {
        if (log_[i].block) log_[i].block->release();
    }
}

Group& Topic::group(const std::string& name) {
    const Guard lock(mutex_);
    for (auto& g : groups_) {
        if (g->name() == name) return *g;
    }
    auto& made = groups_.emplace_back(std::make_unique<Group>(name, base_));
    made->stored(logged_, logged_bytes_);
    return *made;
}

void Topic::join(Group& group, Bell* member) {
    const Guard lock(mutex_);
    group.join(member);
}

void Topic::leave(Group& group, Bell* member) {
    {
        Chime chime;
        const Guard lock(mutex_);
        group.leave(member);
        group.ring(chime);  // what this member was called for is now for the others
    }
    member->wait_until_still();
}

uint64_t Topic::most_held(uint64_t& bytes) const {
    uint64_t messages = groups_.empty() ? logged_ : 0;
    bytes = groups_.empty() ? logged_bytes_ : 0;
    for (const auto& g : groups_) {
        messages = std::max(messages, g->held());
        bytes = std::max(bytes, g->held_bytes());
    }
    return messages;
}

size_t Topic::room(const Span& span) const {
    uint64_t bytes = 0;
    const uint64_t held = most_held(bytes);
    if (held >= limits_.messages) return 0;
    const auto room = static_cast<size_t>(std::min<uint64_t>(span.size(), limits_.messages - held));
    if (bytes + span.block->content() <= limits_.bytes) return room;
    size_t fits = 0;
    for (; fits < room; ++fits) {
        bytes += content_size(span.block->message(span.begin + static_cast<uint32_t>(fits)));
        if (bytes > limits_.bytes && held + fits > 0) break;
    }
    return fits;
}

// Each group loses as many of its oldest as the span needs; what its members have in their hands stays.
void Topic::make_room(const Span& span) {
    const uint64_t bytes = bytes_of(*span.block, span.begin, span.end);
    const auto beyond = [](uint64_t held, uint64_t more, uint64_t limit) {
        return held + more > limit ? held + more - limit : 0;
    };
    if (groups_.empty()) {
        drop_front(beyond(logged_, span.size(), limits_.messages), beyond(logged_bytes_, bytes, limits_.bytes));
        return;
    }
    for (auto& g : groups_) {
        g->drop_oldest(log_, base_, beyond(g->held(), span.size(), limits_.messages),
                       beyond(g->held_bytes(), bytes, limits_.bytes));
    }
    trim();
}

// The same before there is a group.
void Topic::drop_front(uint64_t messages, uint64_t bytes) {
    uint64_t gone = 0, gone_bytes = 0;
    while (!log_.empty() && (gone < messages || gone_bytes < bytes)) {
        Span& first = log_.front();
        if (first.block) {
            const size_t size = content_size(first.block->message(first.begin));
            ++first.begin;
            --logged_;
            logged_bytes_ -= size;
            gone_bytes += size;
            ++gone;
            if (first.size() > 0) continue;
            first.block->release();
        }
        log_.pop_front();
        ++base_;
    }
}

Topic::Stored Topic::store(const Span& span, Bell* bell, int64_t now_ns) {
    Chime chime;
    const Guard lock(mutex_);
    if (next_expiry_ns_ <= now_ns) expire_due(now_ns, chime);
    size_t n = room(span);
    if (n < span.size() && limits_.overflow == Overflow::drop_oldest) {
        make_room(span);
        n = room(span);
    }
    if (n > 0) keep({span.block, span.begin, span.begin + static_cast<uint32_t>(n)}, chime);
    const size_t left = span.size() - n;
    if (left == 0) return {n, 0};
    if (limits_.overflow != Overflow::wait) {
        for (auto& g : groups_) g->lost(left);
        return {n, left};
    }
    bell->is_armed = true;
    if (std::find(writers_.begin(), writers_.end(), bell) == writers_.end()) writers_.push_back(bell);
    return {n, 0};
}

void Topic::keep(const Span& span, Chime& chime) {
    const uint64_t bytes = bytes_of(*span.block, span.begin, span.end);
    span.block->retain();
    if (span.block->expires_ns()) next_expiry_ns_ = std::min(next_expiry_ns_, span.block->expires_ns());
    log_.push_back(span);
    logged_ += span.size();
    logged_bytes_ += bytes;
    for (auto& g : groups_) {
        g->stored(span.size(), bytes);
        g->ring(chime);
    }
}

void Topic::forget(Bell* bell) {
    {
        const Guard lock(mutex_);
        bell->is_armed = false;
        std::erase(writers_, bell);
    }
    bell->wait_until_still();
}

void Topic::take(Group& group, size_t most, std::vector<Span>& into, Bell* member, int64_t now_ns) {
    Chime chime;
    const Guard lock(mutex_);
    if (next_expiry_ns_ <= now_ns) expire_due(now_ns, chime);
    group.take(log_, base_, most, into);
    member->is_armed = into.empty();
    trim();
}

void Topic::let_go(Span& span) {
    logged_ -= span.size();
    logged_bytes_ -= bytes_of(*span.block, span.begin, span.end);
    span.block->release();
    span = {};
}

// Spans that every group has been handed out: their messages live on in the readers' references. Before the first
// group comes, only those that are gone already.
void Topic::trim() {
    uint64_t all_past = groups_.empty() ? base_ : base_ + log_.size();
    for (const auto& g : groups_) all_past = std::min(all_past, g->position());
    while (!log_.empty() && (base_ < all_past || (groups_.empty() && !log_.front().block))) {
        if (log_.front().block) let_go(log_.front());
        log_.pop_front();
        ++base_;
    }
}

void Topic::expire(int64_t now_ns) {
    Chime chime;
    const Guard lock(mutex_);
    if (next_expiry_ns_ <= now_ns) expire_due(now_ns, chime);
}

void Topic::expire_due(int64_t now_ns, Chime& chime) {
    next_expiry_ns_ = kNever;
    for (size_t i = 0; i < log_.size(); ++i) {
        Span& span = log_[i];
        if (!span.block || !span.block->expires_ns()) continue;
        if (span.block->expires_ns() > now_ns) {
            next_expiry_ns_ = std::min(next_expiry_ns_, span.block->expires_ns());
            continue;
        }
        for (auto& g : groups_) g->expire(span, base_ + i);
        let_go(span);
    }
    for (auto& g : groups_) g->skip_gone(log_, base_);
    trim();
    ring_writers(chime);
}

void Topic::settled(Group& group, uint64_t messages, uint64_t bytes) {
    Chime chime;
    const Guard lock(mutex_);
    group.settled(messages, bytes);
    ring_writers(chime);
}

void Topic::ring_writers(Chime& chime) {
    for (Bell* writer : writers_) chime.add(*writer);
    writers_.clear();
}

void Topic::give_back(Group& group, const std::vector<leat_message>& messages) {
    Chime chime;
    const Guard lock(mutex_);
    group.give_back(messages);
    group.ring(chime);
}

void Topic::requeue(Group& group, const std::vector<leat_message>& messages) {
    Chime chime;
    const Guard lock(mutex_);
    group.requeue(messages);
    group.ring(chime);
}

uint64_t Topic::held() const {
    const Guard lock(mutex_);
    uint64_t bytes = 0;
    return most_held(bytes);
}

Figures Topic::figures(const Group& group) const {
    const Guard lock(mutex_);
    return group.figures(log_, base_);
}

}  // namespace leat::memory
