// The host's buffers: memory for messages, kept for the next use by size class.
//
// Each shard thread has its own store; a buffer is released on the thread that made it (plugin.h).
#pragma once
#include <leat/plugin.h>

#include <cstddef>

namespace leat::runtime {

/// A buffer with one reference and at least `capacity` bytes at *data. Out of memory ends the process with a message.
leat_buffer* new_buffer(size_t capacity, void** data);

/// keeper (of new_buffer) takes over `refs` references of old and releases them with itself.
void adopt_buffer(leat_buffer* keeper, leat_buffer* old, uint32_t refs);

/// Buffers of new_buffer that are alive on this thread; for leak checks in tests.
size_t live_buffers();

}  // namespace leat::runtime
