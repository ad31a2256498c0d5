// Appending to a leat_text, the growing bytes that callers lend to an evaluation. Warm, it never allocates.
//
// The memory is malloc's: whoever owns the text frees it with clear(), or the host's text_free, which is the same.
#pragma once

#include <leat/plugin.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

namespace leat::expression {

inline std::string_view view(leat_bytes bytes) { return {bytes.data ? bytes.data : "", bytes.size}; }
inline leat_bytes bytes(std::string_view text) { return {text.data() ? text.data() : "", text.size()}; }

// Makes room for `more` bytes behind the text.
inline void reserve(leat_text& text, size_t more) {
    if (text.capacity - text.size >= more) return;
    size_t capacity = text.capacity < 64 ? 64 : text.capacity * 2;
    if (capacity < text.size + more) capacity = text.size + more;
    void* grown = std::realloc(text.data, capacity);
    if (!grown) throw std::bad_alloc();
    text.data = static_cast<char*>(grown);
    text.capacity = capacity;
}

inline void append(leat_text& text, std::string_view more) {
    if (more.empty()) return;
    reserve(text, more.size());
    std::memcpy(text.data + text.size, more.data(), more.size());
    text.size += more.size();
}

inline void clear(leat_text& text) {
    std::free(text.data);
    text = leat_text{nullptr, 0, 0};
}

}  // namespace leat::expression
