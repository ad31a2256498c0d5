// How somebody on another shard is called once there is something for him.
//
//     Chime chime;                                 // before the lock: it rings when the lock is free again
//     const Guard lock(mutex_);
//     chime.add(*bell);                            // rings it if it is armed
//
// A ring wakes a thread, which is a system call of up to 20 us, and what it wakes wants the lock at once. Armed and
// added under the topic's lock.
#pragma once
#include <leat/sdk/services.hpp>

#include <atomic>
#include <thread>
#include <vector>

namespace leat::memory {

/// Set while its owner waits.
struct Bell {
    Services services;
    Services::Call call = nullptr;
    void* arg = nullptr;
    bool is_armed = false;
    std::atomic<uint32_t> ringing{0};  // by so many threads, which need its owner

    /// Returns when nobody rings it any more. Without the lock, when nobody can arm or add it again.
    void wait_until_still() const {
        while (ringing.load(std::memory_order_acquire) > 0) std::this_thread::yield();
    }
};

/// The bells that one call has to ring.
class Chime {
  public:
    Chime() = default;
    Chime(const Chime&) = delete;
    Chime& operator=(const Chime&) = delete;
    ~Chime() {
        if (first_) ring(*first_);
        for (Bell* bell : more_) ring(*bell);
    }

    void add(Bell& bell) {
        if (!bell.is_armed) return;
        bell.is_armed = false;
        bell.ringing.fetch_add(1, std::memory_order_relaxed);
        if (first_) {
            more_.push_back(&bell);
        } else {
            first_ = &bell;
        }
    }

  private:
    static void ring(Bell& bell) {
        bell.services.post(bell.call, bell.arg);
        bell.ringing.fetch_sub(1, std::memory_order_release);
    }

    Bell* first_ = nullptr;  // mostly there is no other
    std::vector<Bell*> more_;
};

}  // namespace leat::memory
