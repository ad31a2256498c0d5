// Which of the messages under way is the oldest: tokens in the order of their times.
//
//     Ages ages;
//     ages.add(token, now);
//     ages.drop_while([&](uint64_t token) { return !receipts.find(token); });   // those that have ended meanwhile
//     if (!ages.empty() && ages.oldest().time_ns + limit <= now) ...
//
// As long as what has ended is dropped from the front, it holds no more than lies between the oldest and the newest
// of what is under way. On the shard.
#pragma once
#include <cstdint>

#include "holding/ring.hpp"

namespace leat::holding {

class Ages {
  public:
    struct One {
        uint64_t token;
        int64_t time_ns;
    };
    /// time  not before that of the last.
    void add(uint64_t token, int64_t time_ns) { ring_.push({token, time_ns}); }  // hot: per message
    template <class F>
    void drop_while(F&& has_ended) {  // hot: per message
        while (!ring_.empty() && has_ended(ring_.front().token)) ring_.pop();
    }
    bool empty() const { return ring_.empty(); }
    One oldest() { return ring_.front(); }
    One take_oldest() { return ring_.pop(); }
    size_t size() const { return ring_.size(); }

  private:
    Ring<One> ring_;
};

}  // namespace leat::holding
