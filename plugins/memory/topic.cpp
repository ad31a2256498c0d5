#include "topic.hpp"

#include <algorithm>

namespace leat::memory {
namespace {

uint64_t bytes_of(const Span& span) {
    if (span.end - span.begin == span.block->count()) return span.block->content();
    uint64_t bytes = 0;
    for (uint32_t i = span.begin; i < span.end; ++i) bytes += content_size(span.block->message(i));  // hot
    return bytes;
}

}  // namespace

Topic::Topic(std::string name, Limits limits) : name_(std::move(name)), lane_(lane_of(name_)), limits_(limits) {}

Topic::~Topic() {
    for (const Span& span : log_) span.block->release();
}

Group& Topic::group(const std::string& name) {
    const std::lock_guard lock(mutex_);
    for (auto& g : groups_) {
        if (g->name() == name) return *g;
    }
    auto& made = groups_.emplace_back(std::make_unique<Group>(name, base_));
    made->stored(logged_, logged_bytes_);
    return *made;
}

void Topic::join(Group& group, Bell* member) {
    const std::lock_guard lock(mutex_);
    group.join(member);
}

void Topic::leave(Group& group, Bell* member) {
    const std::lock_guard lock(mutex_);
    group.leave(member);
    group.ring();  // what this member was called for is now for the others
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
    const auto room = static_cast<size_t>(std::min<uint64_t>(span.end - span.begin, limits_.messages - held));
    if (bytes + span.block->content() <= limits_.bytes) return room;
    size_t fits = 0;
    for (; fits < room; ++fits) {
        bytes += content_size(span.block->message(span.begin + static_cast<uint32_t>(fits)));
        if (bytes > limits_.bytes && held + fits > 0) break;
    }
    return fits;
}

size_t Topic::store(const Span& span, Bell* bell) {
    const std::lock_guard lock(mutex_);
    const size_t n = room(span);
    if (n < span.end - span.begin) {
        bell->is_armed = true;
        if (std::find(writers_.begin(), writers_.end(), bell) == writers_.end()) writers_.push_back(bell);
    }
    if (n == 0) return 0;
    const Span kept{span.block, span.begin, span.begin + static_cast<uint32_t>(n)};
    const uint64_t bytes = bytes_of(kept);
    kept.block->retain();
    log_.push_back(kept);
    logged_ += n;
    logged_bytes_ += bytes;
    for (auto& g : groups_) {
        g->stored(n, bytes);
        g->ring();
    }
    return n;
}

void Topic::forget(Bell* bell) {
    const std::lock_guard lock(mutex_);
    bell->is_armed = false;
    std::erase(writers_, bell);
}

void Topic::take(Group& group, size_t most, std::vector<Span>& into, Bell* member) {
    const std::lock_guard lock(mutex_);
    group.take(log_, base_, most, into);
    member->is_armed = into.empty();
    trim();
}

// Spans that every group has been handed out: their messages live on in the readers' references.
void Topic::trim() {
    uint64_t all_past = base_ + log_.size();
    for (const auto& g : groups_) all_past = std::min(all_past, g->position());
    for (; base_ < all_past; ++base_) {
        const Span& span = log_.front();
        logged_ -= span.end - span.begin;
        logged_bytes_ -= bytes_of(span);
        span.block->release();
        log_.pop_front();
    }
}

void Topic::settled(Group& group, uint64_t messages, uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    group.settled(messages, bytes);
    if (writers_.empty()) return;
    for (Bell* writer : writers_) writer->ring();
    writers_.clear();
}

void Topic::give_back(Group& group, const std::vector<leat_message>& messages) {
    const std::lock_guard lock(mutex_);
    group.give_back(messages);
    group.ring();
}

uint64_t Topic::held() const {
    const std::lock_guard lock(mutex_);
    uint64_t bytes = 0;
    return most_held(bytes);
}

}  // namespace leat::memory
