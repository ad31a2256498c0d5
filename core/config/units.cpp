#include "config/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace leat::config {
namespace {

struct Unit {
    std::string_view name;
    uint64_t factor;
};

constexpr std::array<Unit, 7> kDurations{{{"d", 86'400'000'000'000},
                                          {"h", 3'600'000'000'000},
                                          {"m", 60'000'000'000},
                                          {"s", 1'000'000'000},
                                          {"ms", 1'000'000},
                                          {"us", 1'000},
                                          {"ns", 1}}};

constexpr std::array<Unit, 9> kSizes{{{"TiB", 1ULL << 40},
                                      {"GiB", 1ULL << 30},
                                      {"MiB", 1ULL << 20},
                                      {"KiB", 1ULL << 10},
                                      {"TB", 1'000'000'000'000},
                                      {"GB", 1'000'000'000},
                                      {"MB", 1'000'000},
                                      {"KB", 1'000},
                                      {"B", 1}}};

bool same_word(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i) {
        if ((a[i] | 0x20) != (b[i] | 0x20)) return false;
    }
    return true;
}

template <size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
    for (const Unit& unit : units) {
        if (same_word(unit.name, name)) return &unit;
    }
    return nullptr;
}

// Takes the number that `text` begins with: digits, perhaps a fraction. No sign, no exponent ("1e3" reads as a unit
// "e3").
std::optional<double> take_number(std::string_view& text) {
    double value = 0;
    const auto [end, failure] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (failure != std::errc{} || !std::isfinite(value) || value < 0 || text.front() == '-') return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return value;
}

std::string_view take_word(std::string_view& text) {
    size_t n = 0;
    while (n < text.size() && ((text[n] | 0x20) >= 'a' && (text[n] | 0x20) <= 'z')) ++n;
    const std::string_view word = text.substr(0, n);
    text.remove_prefix(n);
    return word;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

constexpr double kLargest = 9.2e18;  // below the maximum of int64_t, whichever way it is rounded

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text, std::string& error) {
    text = trimmed(text);
    if (text == "0") return std::chrono::nanoseconds{0};
    double total = 0;
    bool any = false;
    while (!text.empty()) {
        const auto number = take_number(text);
        if (!number) break;
        text = trimmed(text);
        const std::string_view name = take_word(text);
        const Unit* unit = find_unit(kDurations, name);
        if (!unit) {
            error = name.empty() ? "a duration needs a unit: \"250ms\", \"30s\", \"5m\""
                                 : "unknown unit of time; there are ns, us, ms, s, m, h, d";
            return std::nullopt;
        }
        total += *number * static_cast<double>(unit->factor);
        text = trimmed(text);
        any = true;
    }
    if (!any || !text.empty()) {
        error = "expected a duration, such as \"250ms\", \"30s\" or \"1m30s\"";
        return std::nullopt;
    }
    if (total > kLargest) {
        error = "the duration is too long (292 years is the limit)";
        return std::nullopt;
    }
    return std::chrono::nanoseconds{std::llround(total)};
}

std::optional<uint64_t> parse_size(std::string_view text, std::string& error) {
    text = trimmed(text);
    const auto number = text.empty() ? std::nullopt : take_number(text);
    text = trimmed(text);
    const std::string_view name = take_word(text);
    if (!number || !text.empty()) {
        error = "expected a size, such as \"64KiB\", \"10MB\" or 1024 (bytes)";
        return std::nullopt;
    }
    uint64_t factor = 1;
    if (!name.empty()) {
        const Unit* unit = find_unit(kSizes, name);
        if (!unit) {
            error = "unknown unit of size; there are B, KB, MB, GB, TB (1000) and KiB, MiB, GiB, TiB (1024)";
            return std::nullopt;
        }
        factor = unit->factor;
    }
    const double bytes = *number * static_cast<double>(factor);
    if (bytes > kLargest) {
        error = "the size is too large";
        return std::nullopt;
    }
    if (bytes != std::floor(bytes)) {
        error = "a size is a whole number of bytes";
        return std::nullopt;
    }
    return static_cast<uint64_t>(bytes);
}

std::optional<double> parse_rate(std::string_view text, std::string& error) {
    text = trimmed(text);
    const auto number = text.empty() ? std::nullopt : take_number(text);
    text = trimmed(text);
    if (!number || text.empty() || text.front() != '/') {
        error = "expected a rate, such as \"100/s\", \"90/m\" or \"5/h\"";
        return std::nullopt;
    }
    text.remove_prefix(1);
    const Unit* unit = find_unit(kDurations, trimmed(text));
    if (!unit || unit->factor < 1'000'000'000) {
        error = "a rate is per second, minute, hour or day: \"100/s\", \"90/m\", \"5/h\", \"1/d\"";
        return std::nullopt;
    }
    const double count = number.value_or(0);
    if (count <= 0 || count > 1e12) {
        error = "a rate is greater than zero and at most 1e12";
        return std::nullopt;
    }
    return count * 1e9 / static_cast<double>(unit->factor);
}

std::string format_duration(std::chrono::nanoseconds value) {
    if (value.count() <= 0) return "0s";
    const auto ns = static_cast<uint64_t>(value.count());
    for (const Unit& unit : kDurations) {
        if (ns % unit.factor == 0) return std::to_string(ns / unit.factor) + std::string(unit.name);
    }
    return std::to_string(ns) + "ns";
}

std::string format_size(uint64_t bytes) {
    if (bytes == 0) return "0B";
    for (const Unit& unit : kSizes) {
        if (bytes % unit.factor == 0) return std::to_string(bytes / unit.factor) + std::string(unit.name);
    }
    return std::to_string(bytes) + "B";
}

std::string format_rate(double per_second) { return format_number(per_second) + "/s"; }

std::string format_number(double value) {
    std::array<char, 32> digits{};
    const bool is_plain = std::abs(value) < 1e15 && value == std::trunc(value);
    const auto [end, failure] = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                              is_plain ? std::chars_format::fixed : std::chars_format::general);
    return failure == std::errc{} ? std::string(digits.data(), end) : std::string("?");
}

}  // namespace leat::config
