// What was looked up by name lately, in front of a map of all.
//
//     Recent<Outlet> recent;                     // Outlet has name()
//     if (Outlet* o = recent.find(name)) ...     // nullptr: ask the map, then recent.put(name, o)
//
// Owns nothing. Not thread-safe.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace leat::memory {

template <class T>
class Recent {
  public:
    T* find(std::string_view name) const {  // hot: per message
        T* at = places_[place_of(name)];
        return at && at->name() == name ? at : nullptr;
    }
    void put(std::string_view name, T* what) { places_[place_of(name)] = what; }

  private:
    static constexpr size_t kPlaces = 256;

    // Spreads names by their ends and lengths, where those of devices differ. Cheaper than a hash of all.
    static size_t place_of(std::string_view name) {  // hot: per message
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
        return (((mixed ^ mixed >> 32) * kOdd) >> 48) % kPlaces;
    }

    std::array<T*, kPlaces> places_{};
};

}  // namespace leat::memory
