#include "measure.hpp"

#include <algorithm>
#include <iterator>

namespace leat::console {

Measure::Measure(bool keeps_delays) : keeps_delays_(keeps_delays) {
    if (keeps_delays) delays_.reserve(1 << 20);
}

void Measure::add(const leat_message* messages, size_t n, int64_t now_ns) {
    if (received_ == 0) first_ns_ = now_ns;
    last_ns_ = now_ns;
    received_ += n;
    Stamp stamp;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        if (!stamp.read(messages[i].payload)) {
            ++unstamped_;
            continue;
        }
        Stream& s = recent_ && recent_number_ == stamp.stream ? *recent_ : stream(stamp.stream);
        if (stamp.number == s.next && s.has_begun) {
            ++s.next;
        } else {
            jump(s, stamp.number);
        }
        if (keeps_delays_ && delays_.size() < kMostDelays) delays_.push_back(now_ns - stamp.due_ns);
    }
}

Measure::Stream& Measure::stream(uint32_t number) {
    recent_ = &streams_[number];
    recent_number_ = number;
    return *recent_;
}

// Not the one behind the last: the first of all, one behind a gap, a late one, or one that has come before.
void Measure::jump(Stream& s, uint64_t number) {
    if (!s.has_begun || number >= s.next) {
        if (number > s.next) s.gaps.emplace(s.next, number);
        s.has_begun = true;
        s.next = number + 1;
        return;
    }
    const auto behind = s.gaps.upper_bound(number);
    const auto gap = behind == s.gaps.begin() ? s.gaps.end() : std::prev(behind);
    if (gap == s.gaps.end() || number >= gap->second) {
        ++repeated_;
        return;
    }
    ++out_of_order_;
    const uint64_t begin = gap->first, end = gap->second;
    s.gaps.erase(gap);
    if (begin < number) s.gaps.emplace(begin, number);
    if (number + 1 < end) s.gaps.emplace(number + 1, end);
}

}  // namespace leat::console
