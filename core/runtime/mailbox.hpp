// Calls that any thread asks of one thread, in the order in which each asked.
//
//     if (mailbox.put([this] { tick(); })) wake_him();   // [any-thread]
//     mailbox.run_all();                                 // his thread
//
// A stack without a lock, turned over when it is emptied: whoever puts never waits for whoever takes, and one who
// spins until something is there is never in the way of one who is about to put it there.
#pragma once
#include "runtime/task.hpp"

#include <atomic>
#include <utility>

namespace leat::runtime {

class Mailbox {
  public:
    Mailbox() = default;
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;
    ~Mailbox() {
        for (Letter* letter = take_all(); letter;) delete std::exchange(letter, letter->next);
    }

    /// True: it was empty before.                                                  [any-thread]
    bool put(Task task) {
        auto* letter = new Letter{nullptr, std::move(task)};
        Letter* last = last_.load(std::memory_order_relaxed);
        do {
            letter->next = last;
        } while (!last_.compare_exchange_weak(last, letter));
        return last == nullptr;
    }
    bool is_empty() const { return last_.load() == nullptr; }  ///<                  [any-thread]

    /// Runs what is there now, not what these calls put. By the one thread that takes.
    void run_all() {
        if (is_empty()) return;
        for (Letter* letter = take_all(); letter;) {
            letter->task();
            delete std::exchange(letter, letter->next);
        }
    }

  private:
    struct Letter {
        Letter* next;
        Task task;
    };

    // Oldest first.
    Letter* take_all() {
        Letter* first = nullptr;
        for (Letter* letter = last_.exchange(nullptr); letter;) {
            Letter* const earlier = std::exchange(letter->next, first);
            first = std::exchange(letter, earlier);
        }
        return first;
    }

    alignas(64) std::atomic<Letter*> last_{nullptr};  // on a cache line that whoever spins reads alone
};

}  // namespace leat::runtime
