#include "native/unreleased.hpp"

#include <algorithm>

namespace leat::mqtt {

bool Unreleased::release(std::uint16_t packet_id) {
    for (std::uint64_t at = ring_.front(); at != ring_.end(); ++at) {  // mostly the first
        if (ring_[at].is_gone || ring_[at].packet_id != packet_id) continue;
        remove(at);
        return true;
    }
    return false;
}

bool Unreleased::take_repeated(std::uint16_t packet_id, std::uint64_t digest) {
    const std::uint64_t end = std::min(repeatable_, ring_.end());
    for (std::uint64_t at = ring_.front(); at < end; ++at) {
        if (ring_[at].is_gone || ring_[at].packet_id != packet_id || ring_[at].digest != digest) continue;
        remove(at);
        return true;
    }
    return false;
}

void Unreleased::remove(std::uint64_t position) {
    ring_[position].is_gone = true;
    --count_;
    while (!ring_.empty() && ring_[ring_.front()].is_gone) ring_.pop_front();
}

void Unreleased::pop_oldest() {
    if (!ring_[ring_.front()].is_gone) --count_;
    ring_.pop_front();
}

}  // namespace leat::mqtt
