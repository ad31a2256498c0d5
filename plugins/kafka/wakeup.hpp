// The descriptor by which librdkafka's threads wake the shard.
//
//     Wakeup wakeup(services, [](void* self) { ... }, this);
//     wakeup.attach(queue);     // writes to the descriptor when the queue goes from empty to not empty
//
// On the shard.
#pragma once
#include <librdkafka/rdkafka.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <leat/sdk/services.hpp>

#include <cstdint>
#include <stdexcept>

namespace kafka {

/// One eventfd for all queues of a client. It is read before the queues are, so that nothing is missed.
class Wakeup {
  public:
    using Call = void (*)(void*);
    Wakeup(leat::Services services, Call call, void* arg) : services_(services), call_(call), arg_(arg) {
        if (fd_ < 0) throw std::runtime_error("no file descriptor left for an eventfd");
        watch_ = services_.host->watch_start(services_.me, fd_, LEAT_WATCH_READ, &Wakeup::ready, this);
    }
    ~Wakeup() {
        services_.host->watch_end(watch_);
        close(fd_);
    }
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    void attach(rd_kafka_queue_t* queue) {
        static const uint64_t one = 1;
        rd_kafka_queue_io_event_enable(queue, fd_, &one, sizeof one);
    }
    /// [any-thread] The call will come.
    void ring() const {
        const uint64_t one = 1;
        (void)!write(fd_, &one, sizeof one);
    }
    static void detach(rd_kafka_queue_t* queue) { rd_kafka_queue_io_event_enable(queue, -1, nullptr, 0); }

  private:
    static void ready(void* self, uint32_t) {
        auto* wakeup = static_cast<Wakeup*>(self);
        uint64_t count = 0;
        (void)!read(wakeup->fd_, &count, sizeof count);
        wakeup->call_(wakeup->arg_);  // may end this object
    }

    leat::Services services_;
    Call call_;
    void* arg_;
    int fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    leat_watch* watch_ = nullptr;
};

}  // namespace kafka
