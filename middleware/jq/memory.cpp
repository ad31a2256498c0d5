#include "memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace leat::jq {
namespace {

thread_local Memory* current = nullptr;

constexpr size_t kSmallest = 6;  // order
constexpr size_t kKeptPages = 1 << 20;

void* or_end(void* memory) {
    if (!memory) std::abort();  // as libjq does, outside of a run
    return memory;
}

}  // namespace

Memory::Memory(size_t limit, Step no_room, void* arg) : limit_(limit), no_room_(no_room), arg_(arg) {
    void* block = mmap(nullptr, limit_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == MAP_FAILED) throw std::bad_alloc();
    block_ = static_cast<char*>(block);
}

Memory::~Memory() { munmap(block_, limit_); }

void Memory::bind(Memory* memory) { current = memory; }

Memory::Left Memory::run(Step step, void* arg) {
    left_ = Left::at_end;
    phase_ = Phase::running;
    is_between_ = false;
    if (setjmp(exit_) == 0) step(arg);
    phase_ = Phase::outside;
    return left_;
}

void Memory::start(Step step, void* arg) {
    phase_ = Phase::starting;
    stack_ = nullptr;
    step(arg);
    phase_ = Phase::outside;
}

void Memory::leave(Left why) {
    left_ = why;
    std::longjmp(exit_, 1);
}

void Memory::forget() {
    if (taken_ > kKeptPages) madvise(block_ + kKeptPages, limit_ - kKeptPages, MADV_DONTNEED);
    taken_ = 0;
    free_.fill(nullptr);
}

// A piece of that many bytes; nullptr: there is none.
Memory::Head* Memory::find_room(size_t size) {
    if (size > limit_) return nullptr;
    const size_t order = std::max<size_t>(std::bit_width(size + sizeof(Head) - 1), kSmallest);
    const size_t whole = size_t{1} << order;
    const bool is_new = !free_[order] && limit_ - taken_ >= whole;
    if (is_new) {
        Head* head = new (block_ + taken_) Head{order, nullptr};
        taken_ += whole;
        return head;
    }
    for (size_t larger = order; larger < free_.size(); ++larger) {
        Head* head = free_[larger];
        if (!head) continue;
        free_[larger] = head->next;
        return head;
    }
    return nullptr;
}

void* Memory::take(size_t size) {
    const bool is_left_here = phase_ == Phase::running && !is_between_;
    is_between_ = false;
    if (is_left_here && is_stopped_.load(std::memory_order_relaxed)) leave(Left::for_time);
    if (Head* head = find_room(size)) return head + 1;
    if (phase_ == Phase::running) leave(Left::for_room);
    return or_end(std::malloc(size));
}

void* Memory::allocate(size_t size) {
    Memory* memory = current;
    return memory && memory->phase_ != Phase::outside ? memory->take(size) : or_end(std::malloc(size));
}

// What has elements of one byte is given back by free(): @base64d does so, and before that asks for one more piece,
// of at most three times the size and a few bytes. That one has to be there, or the first would be lost.
void* Memory::allocate_zeroed(size_t count, size_t size) {
    Memory* memory = current;
    if (!memory || memory->phase_ != Phase::running) return or_end(std::calloc(count, size));
    if (size && count > memory->limit_ / size) memory->leave(Left::for_room);
    if (size != 1) return std::memset(memory->take(count * size), 0, count * size);
    release(memory->take(3 * count + 64));
    memory->is_between_ = true;
    return or_end(std::calloc(count, size));
}

void* Memory::reallocate(void* old, size_t size) {
    Memory* memory = current;
    if (!memory || memory->phase_ == Phase::outside) return or_end(std::realloc(old, size));
    if (old ? old == memory->stack_ : memory->phase_ == Phase::starting) return memory->grow_stack(old, size);
    if (old && !memory->owns(old)) return or_end(std::realloc(old, size));
    void* made = memory->take(size);
    if (old) {
        const Head* head = static_cast<Head*>(old) - 1;
        std::memcpy(made, old, std::min(size, (size_t{1} << head->order) - sizeof(Head)));
        release(old);
    }
    return made;
}

void* Memory::grow_stack(void* old, size_t size) {
    stack_ = or_end(std::realloc(old, size));
    if (size > limit_) no_room_(arg_);
    return stack_;
}

void Memory::release(void* block) {
    Memory* memory = current;
    if (!block || !memory || !memory->owns(block)) return std::free(block);
    Head* head = static_cast<Head*>(block) - 1;
    head->next = memory->free_[head->order];
    memory->free_[head->order] = head;
}

}  // namespace leat::jq

// In the place of libjq's own; see its jv_alloc.h.
extern "C" {
#define LEAT_JQ_EXPORT __attribute__((visibility("default"), used))
LEAT_JQ_EXPORT void* jv_mem_alloc(size_t size);
LEAT_JQ_EXPORT void* jv_mem_calloc(size_t count, size_t size);
LEAT_JQ_EXPORT void* jv_mem_realloc(void* old, size_t size);
LEAT_JQ_EXPORT char* jv_mem_strdup(const char* text);
LEAT_JQ_EXPORT void jv_mem_free(void* block);

void* jv_mem_alloc(size_t size) { return leat::jq::Memory::allocate(size); }
void* jv_mem_calloc(size_t count, size_t size) { return leat::jq::Memory::allocate_zeroed(count, size); }
void* jv_mem_realloc(void* old, size_t size) { return leat::jq::Memory::reallocate(old, size); }
void jv_mem_free(void* block) { leat::jq::Memory::release(block); }
char* jv_mem_strdup(const char* text) {
    const size_t size = std::strlen(text) + 1;
    return static_cast<char*>(std::memcpy(leat::jq::Memory::allocate(size), text, size));
}
}
