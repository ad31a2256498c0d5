#include "producer/recovery.hpp"

#include <algorithm>
#include <utility>

namespace kafka {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStable = 60 * kSecond;  // after this long without trouble the pause begins anew
constexpr int64_t kLongest = 30 * kSecond;

}  // namespace

std::vector<Entry*> Recovery::end() {
    std::sort(kept_.begin(), kept_.end(), [](const Entry* a, const Entry* b) { return a->sequence < b->sequence; });
    is_active_ = false;
    return std::exchange(kept_, {});
}

int64_t Recovery::pause_ns(int64_t now_ns) {
    const bool was_stable = last_ns_ == 0 || now_ns - last_ns_ > kStable;
    pause_ns_ = was_stable ? 0 : std::min(pause_ns_ == 0 ? kSecond : pause_ns_ * 2, kLongest);
    last_ns_ = now_ns;
    return pause_ns_;
}

}  // namespace kafka
