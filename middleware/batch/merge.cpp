#include "merge.hpp"

#include <cstring>

#include "holding/json_text.hpp"

namespace leat::batch {

bool fits(Format format, leat_bytes payload, std::string& why) {
    if (!present(payload)) {
        why = "a message without payload cannot stand in a batch";
        return false;
    }
    const std::string_view text = view(payload);
    if (format == Format::lines) {
        if (!text.empty() && !text.ends_with('\r') && text.find('\n') == text.npos) return true;
        why = text.empty() ? "an empty payload is no line" : "the payload is more than a line";
        return false;
    }
    if (format == Format::json) {
        holding::JsonText json(text);
        if (json.is_whole()) return true;
        why = "the payload is no JSON: " + json.problem();
        return false;
    }
    if (text.size() <= UINT32_MAX) return true;
    why = "the payload is longer than a length of 4 bytes can say";
    return false;
}

size_t merged_size(Format format, size_t count, size_t bytes) {
    switch (format) {
        case Format::lines:
            return bytes + count - 1;
        case Format::json:
            return bytes + count + 1;
        default:
            return bytes + 4 * count;
    }
}

void Merger::add(std::string_view payload) {
    if (format_ == Format::length_prefixed) {
        for (unsigned shift = 32; shift > 0; shift -= 8) put(static_cast<char>(payload.size() >> (shift - 8) & 255));
    } else if (format_ == Format::json) {
        put(is_first_ ? '[' : ',');
    } else if (!is_first_) {
        put('\n');
    }
    if (!payload.empty()) std::memcpy(at_, payload.data(), payload.size());
    at_ += payload.size();
    is_first_ = false;
}

void Merger::finish() {
    if (format_ == Format::json) put(']');
}

}  // namespace leat::batch
