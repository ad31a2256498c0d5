// Views of the C message: strings in and out, headers, sizes.
//
//     std::string_view topic = leat::view(message.topic);
//     message.key = leat::bytes("k1");
//     if (auto id = leat::find_header(message, "id")) ...
//
// Free functions without state; any thread that may read the message may call them.
#pragma once
#include <leat/plugin.h>

#include <optional>
#include <string_view>

namespace leat {
inline namespace v1 {

/// The bytes as text; absent and empty both give an empty view.
inline std::string_view view(leat_bytes b) { return b.data ? std::string_view(b.data, b.size) : std::string_view(); }

/// The text as bytes: present, even when empty.
inline leat_bytes bytes(std::string_view s) { return {s.data() ? s.data() : "", s.size()}; }

inline constexpr leat_bytes kAbsent{nullptr, 0};

inline bool present(leat_bytes b) { return b.data != nullptr; }

/// The value of the first header of that name.
inline std::optional<leat_bytes> find_header(const leat_message& message, std::string_view name) {
    for (uint32_t i = 0; i < message.header_count; ++i) {
        if (view(message.headers[i].name) == name) return message.headers[i].value;
    }
    return std::nullopt;
}

/// Bytes of content, for byte credit: topic, key and payload. Headers are small and not looked at.
inline size_t content_size(const leat_message& message) {  // hot: per message
    return message.topic.size + message.key.size + message.payload.size;
}

/// A lane of a name (FNV-1a): the same name gives the same lane in every process.
inline uint32_t lane_of(std::string_view name) {
    uint32_t hash = 2166136261u;
    for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return hash;
}

}  // namespace v1
}  // namespace leat
