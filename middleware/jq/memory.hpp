// Bounds the memory that a libjq program takes for one payload, and stops it where it asks for memory.
//
//     Memory memory(256 << 20);
//     const Memory::Left left = memory.run([](void* self) { static_cast<Mine*>(self)->step(); }, this);
//     if (left != Memory::Left::at_end) { ...; memory.start([]...{ jq_start(jq, jv_null(), 0); }); memory.forget(); }
//
// libjq cannot report that it has no memory: it ends the process. But it takes all of it through functions that it
// exports (jv_alloc.h), and this library defines them: on a thread with a Memory, what is asked for inside run()
// comes out of one block of addresses, and where that has no more room, or stop() was called, the run ends there, by
// longjmp. What libjq then lost sight of is given back by forget().
//
// The frames that call libjq in a run own nothing that has a destructor. Used on the thread that it was bound to, but
// for stop().
#pragma once
#include <array>
#include <atomic>
#include <csetjmp>
#include <cstddef>
#include <cstdint>

namespace leat::jq {

class Memory {
  public:
    enum class Left : uint8_t { at_end, for_room, for_time };
    using Step = void (*)(void* arg);

    /// limit    bytes of one payload, with what rounding up costs.
    /// no_room  called, once or more, where the stack of the interpreter passes the limit: there it cannot be left;
    ///          jq_halt() does it. Throws std::bad_alloc.
    Memory(size_t limit, Step no_room, void* arg);
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory();

    /// From now on libjq has its memory from here on this thread; of nullptr: from malloc, as on any other.
    static void bind(Memory* memory);

    Left run(Step step, void* arg);
    /// The same for jq_start(), which is never left: its stack is told apart, because libjq gives it back by free().
    void start(Step step, void* arg);
    /// Ends a run at its next allocation.   [any-thread]
    void stop() { is_stopped_.store(true, std::memory_order_relaxed); }
    void go_on() { is_stopped_.store(false, std::memory_order_relaxed); }
    /// All that runs took is free again: nothing of it is used any more.
    void forget();
    /// Bytes that runs have taken out of the block since forget().
    size_t taken() const { return taken_; }

    // What libjq calls.
    static void* allocate(size_t size);
    static void* allocate_zeroed(size_t count, size_t size);
    static void* reallocate(void* old, size_t size);
    static void release(void* block);

  private:
    enum class Phase : uint8_t { outside, starting, running };
    struct Head {  // in front of each piece
        size_t order;
        Head* next;  // of the free ones
    };

    Head* find_room(size_t size);
    void* take(size_t size);
    bool owns(const void* block) const { return block >= block_ && block < block_ + limit_; }
    void* grow_stack(void* old, size_t size);
    [[noreturn]] void leave(Left why);

    char* block_;
    size_t limit_;
    size_t taken_ = 0;
    std::array<Head*, 64> free_{};  // by order: pieces of 2^order bytes
    Phase phase_ = Phase::outside;
    bool is_between_ = false;  // see allocate_zeroed
    void* stack_ = nullptr;    // of the interpreter; by malloc
    Step no_room_;
    void* arg_;
    std::atomic<bool> is_stopped_ = false;
    Left left_ = Left::at_end;
    std::jmp_buf exit_{};
};

}  // namespace leat::jq
