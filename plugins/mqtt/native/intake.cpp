#include "native/intake.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

namespace leat::mqtt {

// One buffer; the memory follows the header that the boundary knows.
struct Intake::Block : leat_buffer {
    Pool* pool;
    std::unique_ptr<std::uint8_t[]> bytes;
};

// Free buffers of the usual size, and the count of those in use: messages may hold them longer than the intake lives.
struct Intake::Pool {
    static constexpr std::size_t kKept = 4;
    std::vector<Block*> free;
    std::size_t block_size = 0;
    std::size_t in_use = 0;
    std::uint64_t live_bytes = 0;
    bool is_owned = true;

    void end_if_unused() {
        if (is_owned || in_use != 0) return;
        for (const Block* block : free) delete block;
        delete this;
    }
};

Intake::Intake(std::size_t block) : block_size_(block), pool_(new Pool) { pool_->block_size = block; }

Intake::~Intake() {
    if (current_ != nullptr) leat_buffer_release(current_, 1);
    pool_->is_owned = false;
    pool_->end_if_unused();
}

void Intake::release(leat_buffer* buffer) {
    auto* block = static_cast<Block*>(buffer);
    Pool* pool = block->pool;
    --pool->in_use;
    pool->live_bytes -= block->capacity;
    if (pool->is_owned && block->capacity == pool->block_size && pool->free.size() < Pool::kKept)
        pool->free.push_back(block);
    else
        delete block;
    pool->end_if_unused();
}

Intake::Block* Intake::take(std::size_t capacity) {
    Block* block = nullptr;
    if (capacity == block_size_ && !pool_->free.empty()) {
        block = pool_->free.back();
        pool_->free.pop_back();
    } else {
        block = new Block;
        block->flags = 0;
        block->capacity = capacity;
        block->release = &Intake::release;
        block->pool = pool_;
        block->bytes.reset(new std::uint8_t[capacity]);  // not cleared
    }
    block->refs = 1;
    ++pool_->in_use;
    pool_->live_bytes += capacity;
    return block;
}

std::span<std::uint8_t> Intake::room(std::size_t wanted) {
    if (current_ != nullptr && begin_ == end_ && current_->refs == 1) begin_ = end_ = 0;  // nobody points into it
    const std::size_t least = std::max<std::size_t>(block_size_ / 16, 1);
    const bool fits = current_ != nullptr && begin_ + wanted <= current_->capacity;
    if (!fits || (wanted <= end_ - begin_ && current_->capacity - end_ < least)) exchange(wanted);
    return {current_->bytes.get() + end_, current_->capacity - end_};
}

// Moves the unread bytes, the front of a packet, to a buffer with room for all of it.
void Intake::exchange(std::size_t wanted) {
    const std::size_t unread = end_ - begin_;
    Block* next = take(std::max({block_size_, wanted, unread + block_size_ / 16}));
    if (unread != 0) std::memcpy(next->bytes.get(), current_->bytes.get() + begin_, unread);
    if (current_ != nullptr) leat_buffer_release(current_, 1);
    current_ = next;
    begin_ = 0;
    end_ = unread;
}

Bytes Intake::unread() const {
    if (current_ == nullptr) return {};
    return {current_->bytes.get() + begin_, end_ - begin_};
}

leat_buffer* Intake::buffer() const { return current_; }

std::uint64_t Intake::live_bytes() const { return pool_->live_bytes; }

}  // namespace leat::mqtt
