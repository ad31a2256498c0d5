// What was looked up by name lately, in front of a map of all.
//
//     Recent<Outlet> recent;                     // Outlet has name()
//     if (Outlet* o = recent.find(name)) ...     // nullptr: ask the map, then recent.put(name, o)
//
// Owns nothing. Not thread-safe.
#pragma once
#include <leat/sdk/flow/spread.hpp>

#include <array>
#include <cstddef>
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

    static size_t place_of(std::string_view name) { return spread(name) % kPlaces; }

    std::array<T*, kPlaces> places_{};
};

}  // namespace leat::memory
