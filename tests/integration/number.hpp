// The number in the payload of a test message, for the stages that tests load.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace leat::test {

/** 17 of `{"n":17,...`; 0 of anything else. */
inline std::uint64_t number_in(std::string_view payload) {
    constexpr std::string_view kStart = "{\"n\":";
    std::uint64_t number = 0;
    if (payload.starts_with(kStart)) {
        std::from_chars(payload.data() + kStart.size(), payload.data() + payload.size(), number);
    }
    return number;
}

}  // namespace leat::test
