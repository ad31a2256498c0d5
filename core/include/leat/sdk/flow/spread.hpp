// Spreads names over the places of a small table: topics, labels. Cheaper than a hash of all their bytes.
//
//     Entry& place = places[spread(topic) % kPlaces];     // two names may meet there: compare before use
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace leat {
inline namespace v1 {

/// A number below 2^16 that looks random: of the beginning, middle and end of a name and its length, where those of
/// devices differ. Against names that somebody chose to meet in one place it does not help.
inline uint64_t spread(std::string_view name) {  // hot: per message
    const auto eight = [&](size_t from) {
        uint64_t bytes = 0;
        std::memcpy(&bytes, name.data() + from, 8);
        return bytes;
    };
    uint64_t mixed = name.size();
    if (name.size() < 8) {
        for (const char c : name) mixed = mixed << 8 | static_cast<unsigned char>(c);
    } else {
        mixed += eight(0) ^ std::rotl(eight(name.size() / 2 - 4), 21) ^ std::rotl(eight(name.size() - 8), 42);
    }
    constexpr uint64_t kOdd = 0x9e3779b97f4a7c15u;  // 2^64 / the golden ratio
    mixed *= kOdd;
    return ((mixed ^ mixed >> 32) * kOdd) >> 48;
}

}  // namespace v1
}  // namespace leat
