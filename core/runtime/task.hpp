// A call to be made once, later, perhaps by another thread.
//
//     Task task([me, fn, arg] { fn(arg); });
//     task();
//
// What is copied like plain data and takes up to four words lies in the task itself: with std::function, which has
// room for two, every deferred call would be an allocation. Moved, never copied.
#pragma once
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace leat::runtime {

class Task {
  public:
    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Task>)
        Task(F&& fn) {  // NOLINT(google-explicit-constructor,bugprone-forwarding-*): as std::function
        using Call = std::remove_cvref_t<F>;
        if constexpr (fits<Call>()) {
            new (room_) Call(std::forward<F>(fn));
            call_ = [](void* room) { (*std::launder(static_cast<Call*>(room)))(); };
        } else {
            new (room_) Call*(new Call(std::forward<F>(fn)));
            call_ = [](void* room) { (**std::launder(static_cast<Call**>(room)))(); };
            end_ = [](void* room) { delete *std::launder(static_cast<Call**>(room)); };
        }
    }
    Task(Task&& other) noexcept : Task(other) {  // NOLINT(performance-move-constructor-init): as bytes
        other.end_ = nullptr;
    }
    Task& operator=(Task&& other) noexcept {
        if (this == &other) return *this;
        this->~Task();
        return *new (this) Task(std::move(other));
    }
    ~Task() {
        if (end_) end_(room_);
    }

    void operator()() { call_(room_); }

  private:
    static constexpr size_t kRoom = 4 * sizeof(void*);

    template <class F>
    static constexpr bool fits() {
        return std::is_trivially_copyable_v<F> && sizeof(F) <= kRoom && alignof(F) <= alignof(void*);
    }
    Task(const Task&) = default;  // what lies in the room moves as bytes

    alignas(void*) std::byte room_[kRoom];
    void (*call_)(void* room);
    void (*end_)(void* room) = nullptr;
};

}  // namespace leat::runtime
