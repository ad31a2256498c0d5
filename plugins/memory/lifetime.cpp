#include "lifetime.hpp"

#include <charconv>

namespace leat::memory {

std::optional<int64_t> read_lifetime(std::string_view text) {
    static constexpr std::pair<std::string_view, double> kUnits[] = {
        {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !(number >= 0)) return std::nullopt;
    const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
    for (const auto& [name, ns] : kUnits) {
        if (unit != name) continue;
        if (number * ns >= 9.2e18) return std::nullopt;
        return static_cast<int64_t>(number * ns);
    }
    return std::nullopt;
}

}  // namespace leat::memory
