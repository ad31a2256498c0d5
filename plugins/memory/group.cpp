#include "group.hpp"

#include <leat/sdk/flow/message.hpp>

#include <algorithm>

namespace leat::memory {

uint64_t bytes_of(const Block& block, uint32_t begin, uint32_t end) {
    if (end - begin == block.count()) return block.content();
    uint64_t bytes = 0;
    for (uint32_t i = begin; i < end; ++i) bytes += content_size(block.message(i));  // hot: per message
    return bytes;
}

namespace {

Span redelivered(leat_message message) {
    message.flags |= LEAT_MESSAGE_REDELIVERED;
    return {Block::pack_one(message), 0, 1};
}

}  // namespace

Group::~Group() {
    for (size_t i = 0; i < returned_.size(); ++i) returned_[i].block->release();
}

void Group::take(const Log& log, uint64_t base, size_t most, std::vector<Span>& into) {
    const size_t wanted = most;
    while (most > 0 && !returned_.empty()) {
        into.push_back(returned_.front());
        returned_.pop_front();
        ++figures_.redelivered;
        --most;
    }
    for (;;) {
        skip_gone(log, base);
        if (most == 0 || next_ - base >= log.size()) break;
        const Span& span = log[next_ - base];
        const uint32_t begin = span.begin + offset_;
        const uint32_t end = begin + static_cast<uint32_t>(std::min<size_t>(most, span.end - begin));
        span.block->retain();
        into.push_back({span.block, begin, end});
        most -= end - begin;
        offset_ = end - span.begin;
        if (end == span.end) {
            ++next_;
            offset_ = 0;
        }
    }
    figures_.delivered += wanted - most;
}

void Group::skip_gone(const Log& log, uint64_t base) {
    while (next_ - base < log.size() && !log[next_ - base].block) {
        ++next_;
        offset_ = 0;
    }
}

void Group::give_back(const std::vector<leat_message>& messages) {
    for (auto it = messages.rbegin(); it != messages.rend(); ++it) returned_.push_front(redelivered(*it));
}

void Group::requeue(const std::vector<leat_message>& messages) {
    for (const leat_message& message : messages) returned_.push_back(redelivered(message));
}

void Group::drop_oldest(const Log& log, uint64_t base, uint64_t messages, uint64_t bytes) {
    uint64_t gone = 0, gone_bytes = 0;
    for (;;) {
        skip_gone(log, base);
        if ((gone >= messages && gone_bytes >= bytes) || next_ - base >= log.size()) break;
        const Span& span = log[next_ - base];
        gone_bytes += content_size(span.block->message(span.begin + offset_));
        ++gone;
        if (++offset_ == span.size()) {
            ++next_;
            offset_ = 0;
        }
    }
    figures_.depth -= gone;
    figures_.bytes -= gone_bytes;
    figures_.dropped += gone;
}

void Group::expire(const Span& span, uint64_t at) {
    if (at < next_) return;
    const uint32_t begin = span.begin + (at == next_ ? offset_ : 0);
    figures_.depth -= span.end - begin;
    figures_.bytes -= bytes_of(*span.block, begin, span.end);
    figures_.expired += span.end - begin;
}

void Group::stored(uint64_t messages, uint64_t bytes) {
    figures_.depth += messages;
    figures_.bytes += bytes;
    figures_.published += messages;
}

void Group::settled(uint64_t messages, uint64_t bytes) {
    figures_.depth -= messages;
    figures_.bytes -= bytes;
    figures_.settled += messages;
}

Figures Group::figures(const Log& log, uint64_t base) const {
    Figures now = figures_;
    for (uint64_t at = next_ - base; at < log.size() && now.oldest_ns == 0; ++at) {
        if (log[at].block) now.oldest_ns = log[at].block->stored_ns();
    }
    return now;
}

void Group::leave(Bell* member) { std::erase(members_, member); }

}  // namespace leat::memory
