#include "producer/recovery.hpp"

#include <algorithm>

namespace kafka {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStable = 60 * kSecond;  // after this long without trouble the pause begins anew
constexpr int64_t kLongest = 30 * kSecond;

}  // namespace

std::vector<uint64_t> Recovery::end() {
    std::sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) { return a.sequence < b.sequence; });
    std::vector<uint64_t> tokens;
    tokens.reserve(kept_.size());
    for (const Kept& one : kept_) tokens.push_back(one.token);
    kept_.clear();
    is_active_ = false;
    return tokens;
}

int64_t Recovery::pause_ns(int64_t now_ns) {
    const bool was_stable = last_ns_ == 0 || now_ns - last_ns_ > kStable;
    pause_ns_ = was_stable ? 0 : std::min(pause_ns_ == 0 ? kSecond : pause_ns_ * 2, kLongest);
    last_ns_ = now_ns;
    return pause_ns_;
}

}  // namespace kafka
