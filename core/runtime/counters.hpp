// Metrics with one writer: plain moves on the message path, read by any thread.
#pragma once
#include <leat/plugin.h>

#include <atomic>
#include <cstdint>
#include <string>

/// A counter or a gauge. add and set by one thread, value by any.
struct leat_counter {
    std::string name;
    std::string description;
    uint32_t kind = LEAT_COUNTER;
    std::atomic<uint64_t> cell{0};

    void add(uint64_t n) { cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
    void set(uint64_t to) { cell.store(to, std::memory_order_relaxed); }
    uint64_t value() const { return cell.load(std::memory_order_relaxed); }
};
