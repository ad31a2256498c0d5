// Calls that any thread asks of one thread, in the order in which each asked.
//
//     mailbox.put([this] { tick(); });                   // [any-thread]
//     mailbox.run_all();                                 // his thread
//
// A ring of places of a cache line each, and each line says whether a call lies in it: whoever spins until something
// is there reads this one line, and has the call with it. Between two cores a line takes 40 ns, or 200 where their
// caches are apart, so it is lines that count. What finds no place is put into a list under a lock.
#pragma once
#include "runtime/task.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace leat::runtime {

class Mailbox {
  public:
    Mailbox() {
        for (uint64_t i = 0; i < kPlaces; ++i) places_[i].number.store(i, std::memory_order_relaxed);
    }
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;
    ~Mailbox() {
        while (is_next_there()) leave_place();
    }

    /// Seen by whoever asks is_empty() from now on.                                  [any-thread]
    void put(Task task) {
        if (overflows_.load(std::memory_order_acquire) || !find_place(task)) put_aside(std::move(task));
    }

    /// By the one thread that takes, as the following.
    bool is_empty() const { return !is_next_there() && !overflows_.load(); }

    /// Runs what is there now, not what these calls put.
    void run_all() {
        if (overflows_.load(std::memory_order_acquire)) return run_with_aside();
        uint64_t end = next_;
        while (is_there(end)) ++end;
        run_until(end);
    }

  private:
    static constexpr uint64_t kPlaces = 64;

    // The calls are numbered. A place is free for the call of its number, and has the one before its number.
    struct alignas(64) Place {
        std::atomic<uint64_t> number{0};
        alignas(Task) std::byte task[sizeof(Task)];

        Task& get() { return *std::launder(reinterpret_cast<Task*>(task)); }
    };
    static_assert(sizeof(Place) == 64);

    Place& place(uint64_t number) { return places_[number % kPlaces]; }
    const Place& place(uint64_t number) const { return places_[number % kPlaces]; }
    bool is_there(uint64_t number) const { return place(number).number.load() == number + 1; }
    bool is_next_there() const { return is_there(next_); }

    bool find_place(Task& task) {
        uint64_t number = end_.load(std::memory_order_relaxed);
        for (;;) {
            Place& at = place(number);
            const uint64_t has = at.number.load(std::memory_order_acquire);
            if (has < number) return false;  // taken since one round
            if (has > number) {              // by another thread
                number = end_.load(std::memory_order_relaxed);
            } else if (end_.compare_exchange_weak(number, number + 1, std::memory_order_relaxed)) {
                new (at.task) Task(std::move(task));
                at.number.store(number + 1);  // then whoever puts looks whether the other one sleeps
                return true;
            }
        }
    }

    void put_aside(Task task) {
        const std::lock_guard lock(mutex_);
        aside_.push_back(std::move(task));
        overflows_.store(true);
    }

    void run_until(uint64_t end) {
        while (next_ != end) {
            place(next_).get()();
            leave_place();
        }
    }

    void leave_place() {
        Place& at = place(next_);
        at.get().~Task();
        at.number.store(next_ + kPlaces, std::memory_order_release);
        ++next_;
    }

    // Whoever put something aside may have put something in a place before. From `end` on, places have been found by
    // threads that saw that nothing lies aside any more.
    void run_with_aside() {
        std::vector<Task> tasks;
        uint64_t end = 0;
        {
            const std::lock_guard lock(mutex_);
            tasks.swap(aside_);
            end = end_.load();
            overflows_.store(false);
        }
        while (next_ != end) {
            while (!is_next_there()) std::this_thread::yield();
            run_until(next_ + 1);
        }
        for (Task& task : tasks) task();
    }

    std::array<Place, kPlaces> places_;
    alignas(64) std::atomic<uint64_t> end_{0};  // of those who put
    alignas(64) uint64_t next_ = 0;             // of the one who takes
    alignas(64) std::atomic<bool> overflows_{false};
    std::mutex mutex_;
    std::vector<Task> aside_;
};

}  // namespace leat::runtime
