#include "show/figures.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace leat::app {

std::string rate_text(double per_second) {
    if (per_second < 0.05) return "0";
    if (per_second < 9.95) return fmt::format("{:.1f}", per_second);
    if (per_second < 9999.5) return fmt::format("{:.0f}", per_second);
    if (per_second < 999'950) return fmt::format("{:.1f}k", per_second / 1e3);
    return fmt::format("{:.2f}M", per_second / 1e6);
}

std::string latency_text(uint64_t nanoseconds) {
    if (nanoseconds == 0) return "-";
    const auto value = static_cast<double>(nanoseconds);
    if (value < 999.5) return fmt::format("{:.0f} ns", value);
    const auto in = [](double number, const char* unit) {
        return number < 9.95 ? fmt::format("{:.1f} {}", number, unit) : fmt::format("{:.0f} {}", number, unit);
    };
    if (value < 999.5e3) return in(value / 1e3, "us");
    if (value < 999.5e6) return in(value / 1e6, "ms");
    return in(value / 1e9, "s");
}

std::string age_text(std::chrono::seconds age) {
    const int64_t seconds = age.count();
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
    if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
    return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

std::string count_text(uint64_t n, const std::string& noun) {
    return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

std::string utc_text(std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    const auto whole = floor<seconds>(time);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(system_clock::to_time_t(whole)),
                       duration_cast<milliseconds>(time - whole).count());
}

}  // namespace leat::app
