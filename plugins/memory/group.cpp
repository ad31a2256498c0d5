#include "group.hpp"

#include <algorithm>

namespace leat::memory {

Group::~Group() {
    for (const Span& span : returned_) span.block->release();
}

void Group::take(const std::deque<Span>& log, uint64_t base, size_t most, std::vector<Span>& into) {
    while (most > 0 && !returned_.empty()) {
        into.push_back(returned_.front());
        returned_.pop_front();
        --most;
    }
    while (most > 0 && next_ - base < log.size()) {
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
}

void Group::give_back(const std::vector<leat_message>& messages) {
    for (auto it = messages.rbegin(); it != messages.rend(); ++it) {
        leat_message again = *it;
        again.flags |= LEAT_MESSAGE_REDELIVERED;
        returned_.push_front({Block::pack_one(again), 0, 1});
    }
}

void Group::leave(Bell* member) { std::erase(members_, member); }

}  // namespace leat::memory
