#include "crossing.hpp"

#include <leat/sdk/flow/buffer.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

namespace leat::memory {
namespace {

// What one delivery says about itself and the next must not inherit; unknown flags stay.
constexpr uint32_t kOfOneDelivery = LEAT_MESSAGE_REDELIVERED | LEAT_MESSAGE_RESUME;

struct Lent : leat_buffer {
    Block* block;
};

// Memory of blocks that are gone, by size, for the next ones: given back to the system, a block's pages would have to
// be mapped anew a hundred thousand times a second. Small ones are the allocator's own business. Any thread.
class SpareMemory {
  public:
    void* take(size_t size, size_t& capacity) {
        const Class c = class_of(size);
        capacity = c.capacity;
        if (c.number < by_class_.size()) {
            const std::lock_guard lock(mutex_);
            auto& spare = by_class_[c.number];
            if (!spare.empty()) {
                void* memory = spare.back();
                spare.pop_back();
                return memory;
            }
        }
        void* memory = std::malloc(capacity);
        if (!memory) throw std::bad_alloc();
        return memory;
    }

    void put(void* memory, size_t capacity) {
        const Class c = class_of(capacity);
        if (c.number < by_class_.size()) {
            const std::lock_guard lock(mutex_);
            auto& spare = by_class_[c.number];
            if (spare.size() * capacity < kMostPerClass) return spare.push_back(memory);
        }
        std::free(memory);
    }

  private:
    struct Class {
        size_t capacity;
        size_t number;
    };
    static constexpr size_t kSmallest = 10, kLargest = 20;  // 1 KiB to 1 MiB, in powers of two
    static constexpr size_t kMostPerClass = 1u << 20;       // bytes

    // Four classes for each power of two, so at most a fifth of a block is wasted.
    static Class class_of(size_t size) {
        const size_t power = static_cast<size_t>(std::bit_width(size - 1)) - 1;  // 2^power < size <= 2^(power + 1)
        if (power < kSmallest || power >= kLargest) return {size, SIZE_MAX};
        const size_t step = (size_t{1} << power) / 4;
        const size_t steps = (size - (size_t{1} << power) + step - 1) / step;
        return {(size_t{1} << power) + steps * step, (power - kSmallest) * 4 + steps - 1};
    }

    std::mutex mutex_;
    std::array<std::vector<void*>, (kLargest - kSmallest) * 4> by_class_;
};

SpareMemory& spare_memory() {
    static auto* const all = new SpareMemory();  // outlives every block, so never deleted
    return *all;
}

size_t header_bytes(const leat_message& m) {
    size_t size = 0;
    for (uint32_t i = 0; i < m.header_count; ++i) {
        size += sizeof(leat_header) + m.headers[i].name.size + m.headers[i].value.size;
    }
    return size;
}

// Lays bytes one behind the other; what lies side by side, as the payloads of a batch often do, is copied in one
// piece.
class Gatherer {
  public:
    explicit Gatherer(char* to) : to_(to), at_(to) {}
    Gatherer(const Gatherer&) = delete;
    Gatherer& operator=(const Gatherer&) = delete;
    ~Gatherer() { copy(); }

    /// Where the bytes will lie when this one has ended.
    leat_bytes put(leat_bytes from) {  // hot: per message
        if (!from.data) return from;
        if (from.data != end_) {
            copy();
            begin_ = from.data;
        }
        end_ = from.data + from.size;
        const leat_bytes placed{at_, from.size};
        at_ += from.size;
        return placed;
    }

  private:
    void copy() {
        const auto size = static_cast<size_t>(end_ - begin_);
        copy_bytes(to_, begin_, size);
        to_ += size;
    }

    char *to_, *at_;
    const char *begin_ = nullptr, *end_ = nullptr;  // not copied yet
};

// Headers come first, because they need alignment; then all bytes.
leat_header* copy_headers(const leat_message& m, leat_header* table, Gatherer& bytes) {
    for (uint32_t i = 0; i < m.header_count; ++i) {
        table[i].name = bytes.put(m.headers[i].name);
        table[i].value = bytes.put(m.headers[i].value);
    }
    return table;
}

}  // namespace

Block* Block::allocate(size_t n, size_t bytes) {
    const size_t size = sizeof(Block) + n * sizeof(leat_message) + bytes;
    size_t capacity = 0;
    void* memory = spare_memory().take(size, capacity);
    return new (memory) Block(static_cast<uint32_t>(n), capacity);
}

void Block::release() {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    const size_t capacity = capacity_;
    this->~Block();
    spare_memory().put(this, capacity);
}

template <class At>
Block* Block::pack_each(std::string_view topic, uint32_t lane, size_t n, At&& at) {
    size_t content = 0, of_headers = 0, header_count = 0;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        const leat_message& m = at(i);
        content += m.key.size + m.payload.size;
        of_headers += header_bytes(m);
        header_count += m.header_count;
    }
    Block* block = allocate(n, topic.size() + content + of_headers);
    block->content_ = content + n * topic.size();
    auto* table = reinterpret_cast<leat_header*>(block->bytes_begin());
    Gatherer gather(reinterpret_cast<char*>(table + header_count));
    const leat_bytes name = gather.put({topic.data(), topic.size()});
    leat_message* to = block->messages();
    for (size_t i = 0; i < n; ++i, ++to) {  // hot: per message
        const leat_message& from = at(i);
        to->topic = name;
        to->key = gather.put(from.key);
        to->payload = gather.put(from.payload);
        to->headers = copy_headers(from, table, gather);
        to->header_count = from.header_count;
        to->flags = from.flags & ~kOfOneDelivery;
        to->timestamp_ns = from.timestamp_ns;
        to->buffer = nullptr;
        to->receipt.settler = nullptr;
        to->receipt.token = 0;
        to->lane = lane;
        to->attempt = 0;
        to->ext = nullptr;  // its bytes are of the other shard
        table += from.header_count;
    }
    return block;
}

Block* Block::pack(std::string_view topic, uint32_t lane, const leat_message* messages, size_t n,
                   const uint32_t* chosen) {
    if (!chosen) return pack_each(topic, lane, n, [=](size_t i) -> const leat_message& { return messages[i]; });
    return pack_each(topic, lane, n, [=](size_t i) -> const leat_message& { return messages[chosen[i]]; });
}

Block* Block::pack_one(const leat_message& message) {
    Block* block = pack(view(message.topic), message.lane, &message, 1);
    block->messages()[0].flags = message.flags;
    block->messages()[0].attempt = message.attempt;
    return block;
}

leat_buffer* lend(Block* block, uint32_t refs) {
    auto* lent = new Lent();
    lent->refs = refs;
    lent->flags = 0;
    lent->capacity = block->capacity();
    lent->block = block;
    lent->release = [](leat_buffer* self) {
        auto* mine = static_cast<Lent*>(self);
        mine->block->release();
        delete mine;
    };
    return lent;
}

}  // namespace leat::memory
