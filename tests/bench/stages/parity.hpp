// Reads every byte of a payload, eight at a time: what the handlers and the bare loop of the measurements do alike.
#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

inline bool parity(std::string_view payload) {
    uint64_t all = 0;
    size_t i = 0;
    for (; i + 8 <= payload.size(); i += 8) {
        uint64_t word = 0;
        std::memcpy(&word, payload.data() + i, 8);
        all ^= word;
    }
    for (; i < payload.size(); ++i) all ^= static_cast<unsigned char>(payload[i]);
    return __builtin_parityll(all);
}
