#include "process/duration.hpp"

#include <charconv>
#include <cstdint>
#include <utility>

namespace leat::app {
namespace {

constexpr std::pair<std::string_view, int64_t> kUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
constexpr int64_t kLongest = int64_t{366} * 24 * 3'600'000;

// Milliseconds of the unit that `text` begins with, cut off it; 0: none.
int64_t take_unit(std::string_view& text) {
    for (const auto& [name, milliseconds] : kUnits) {  // "ms" stands before "m"
        if (!text.starts_with(name)) continue;
        text.remove_prefix(name.size());
        return milliseconds;
    }
    return 0;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    if (text.empty()) return std::nullopt;
    int64_t sum = 0;
    while (!text.empty()) {
        uint32_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc()) return std::nullopt;
        text.remove_prefix(static_cast<size_t>(end - text.data()));
        const int64_t unit = take_unit(text);
        if (unit == 0) return std::nullopt;
        sum += number * unit;
        if (sum > kLongest) return std::nullopt;
    }
    return std::chrono::milliseconds(sum);
}

}  // namespace leat::app
