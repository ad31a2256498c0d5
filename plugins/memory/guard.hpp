// Holds a lock that nobody holds for long: a topic's is held for less than a tenth of what it takes to fall asleep
// for it and to be woken. So whoever finds it taken looks again for a while first.
//
//     const Guard lock(mutex_);
#pragma once
#include <mutex>

namespace leat::memory {

class Guard {
  public:
    explicit Guard(std::mutex& mutex) : mutex_(mutex) {
        for (int i = 0; i < kLooks; ++i) {
            if (mutex_.try_lock()) return;
            pause();
        }
        mutex_.lock();
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() { mutex_.unlock(); }

  private:
    static constexpr int kLooks = 50;  // about 1 us

    // Tells the CPU that this is a loop that waits.
    static void pause() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
    }

    std::mutex& mutex_;
};

}  // namespace leat::memory
