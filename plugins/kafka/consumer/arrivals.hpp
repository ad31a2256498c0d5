// Which partitions' queues have got something since the shard looked last, so that a turn costs what has come and not
// how many partitions there are.
//
//     Arrivals::Mark mark{&arrivals, number};   // lives at least until forget()
//     arrivals.watch(queue, mark);
//     arrivals.take([&](uint32_t number) { ... });   // on the shard, when the Wakeup calls
//
// librdkafka's threads add under a lock, once for each time that a queue goes from empty to not empty; the first one
// rings. The rest is the shard's.
#pragma once
#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <mutex>
#include <vector>

#include "wakeup.hpp"

namespace kafka {

class Arrivals {
  public:
    explicit Arrivals(Wakeup& wakeup) : wakeup_(wakeup) {}

    struct Mark {
        Arrivals* all;
        uint32_t number;
        bool is_listed = false;  // under the lock
    };

    void watch(rd_kafka_queue_t* queue, Mark& mark) { rd_kafka_queue_cb_event_enable(queue, &Arrivals::came, &mark); }
    /// From here on nothing is added by this queue; what has been added is told no more.
    void forget(rd_kafka_queue_t* queue, Mark& mark) {
        rd_kafka_queue_cb_event_enable(queue, nullptr, nullptr);
        const std::lock_guard lock(mutex_);
        if (mark.is_listed) std::erase(listed_, &mark);
    }

    /// Calls f(number) for each that has come since the last call.
    template <class F>
    void take(F&& f) {
        numbers_.clear();
        {
            const std::lock_guard lock(mutex_);
            for (Mark* mark : listed_) {
                mark->is_listed = false;
                numbers_.push_back(mark->number);
            }
            listed_.clear();
        }
        for (const uint32_t number : numbers_) f(number);
    }

  private:
    static void came(rd_kafka_t*, void* opaque) {  // [any-thread], with the queue locked
        Mark& mark = *static_cast<Mark*>(opaque);
        Arrivals& all = *mark.all;
        const std::lock_guard lock(all.mutex_);
        if (mark.is_listed) return;
        mark.is_listed = true;
        all.listed_.push_back(&mark);
        if (all.listed_.size() == 1) all.wakeup_.ring();
    }

    Wakeup& wakeup_;
    std::mutex mutex_;
    std::vector<Mark*> listed_;      // under the lock
    std::vector<uint32_t> numbers_;  // kept for its room
};

}  // namespace kafka
