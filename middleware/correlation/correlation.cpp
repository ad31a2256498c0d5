#include "correlation.hpp"

namespace leat::correlation {

std::string_view IdMaker::make(std::chrono::nanoseconds wall) {
    constexpr const char* kHex = "0123456789abcdef";
    const auto ms = static_cast<uint64_t>(wall.count() / 1'000'000);
    const uint64_t chance = random_();
    const uint64_t words[] = {ms << 16 | 0x7000 | (chance & 0xfff), (random_() >> 2) | uint64_t{1} << 63};
    char* at = text_;
    for (int digit = 0; digit < 32; ++digit) {
        if (digit == 8 || digit == 12 || digit == 16 || digit == 20) *at++ = '-';
        *at++ = kHex[words[digit / 16] >> (60 - digit % 16 * 4) & 15];
    }
    return {text_, kSize};
}

}  // namespace leat::correlation
