#include "runtime/buffers.hpp"

#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

namespace leat::runtime {
namespace {

struct Adopted {
    leat_buffer* buffer;
    uint32_t refs;
};

struct HostBuffer : leat_buffer {
    std::vector<Adopted> adopted;
    unsigned size_class = 0;  // 2^n bytes
};

constexpr size_t kDataOffset = (sizeof(HostBuffer) + 15) & ~size_t{15};
constexpr unsigned kSmallest = 6;      // 64 B: what waits alone takes little more than itself
constexpr unsigned kLargestKept = 20;  // 1 MiB; larger ones go back to the system at once
constexpr size_t kKeptBytesPerClass = 8u << 20;

struct Store {
    std::array<std::vector<HostBuffer*>, kLargestKept + 1> free;
    size_t live = 0;
    ~Store() {
        for (auto& list : free) {
            for (HostBuffer* b : list) destroy(b);
        }
    }
    static void destroy(HostBuffer* b) {
        b->~HostBuffer();
        std::free(b);
    }
};

Store& store() {
    thread_local Store mine;
    return mine;
}

void release(leat_buffer* buffer) {
    auto* b = static_cast<HostBuffer*>(buffer);
    // Taken out first: releasing one may end a message whose owner asks for a buffer.
    for (const Adopted& a : b->adopted) leat_buffer_release(a.buffer, a.refs);
    b->adopted.clear();
    Store& mine = store();
    --mine.live;
    if (b->size_class <= kLargestKept && (mine.free[b->size_class].size() << b->size_class) < kKeptBytesPerClass) {
        mine.free[b->size_class].push_back(b);
    } else {
        Store::destroy(b);
    }
}

HostBuffer* allocate(unsigned size_class) {
    const size_t capacity = size_t{1} << size_class;
    void* memory = std::malloc(kDataOffset + capacity);
    if (!memory) {
        std::fprintf(stderr, "leat: out of memory: %zu bytes for a message buffer\n", capacity);
        std::abort();
    }
    auto* b = new (memory) HostBuffer();
    b->flags = 0;
    b->capacity = capacity;
    b->release = &release;
    b->size_class = size_class;
    return b;
}

}  // namespace

leat_buffer* new_buffer(size_t capacity, void** data) {
    const unsigned wanted = static_cast<unsigned>(std::bit_width(capacity ? capacity - 1 : 0));
    const unsigned size_class = wanted < kSmallest ? kSmallest : wanted;
    Store& mine = store();
    HostBuffer* b = nullptr;
    if (size_class <= kLargestKept && !mine.free[size_class].empty()) {
        b = mine.free[size_class].back();
        mine.free[size_class].pop_back();
    } else {
        b = allocate(size_class);
    }
    b->refs = 1;
    ++mine.live;
    *data = reinterpret_cast<char*>(b) + kDataOffset;
    return b;
}

void adopt_buffer(leat_buffer* keeper, leat_buffer* old, uint32_t refs) {
    if (!old) return;
    auto& adopted = static_cast<HostBuffer*>(keeper)->adopted;
    if (!adopted.empty() && adopted.back().buffer == old) {
        adopted.back().refs += refs;
    } else {
        adopted.push_back({old, refs});
    }
}

size_t live_buffers() { return store().live; }

}  // namespace leat::runtime
