// Figures as people read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace leat::app {

/// "0", "0.4", "87", "1234", "12.3k", "1.52M": never more than six characters below a thousand millions.
std::string rate_text(double per_second);

/// Nanoseconds: "870 ns", "12 us", "1.1 ms", "2.3 s"; "-" for 0, which means not measured.
std::string latency_text(uint64_t nanoseconds);

/// "45 s", "12 min 3 s", "3 h 20 min", "5 d 2 h".
std::string age_text(std::chrono::seconds age);

/// "1 route", "3 routes".
std::string count_text(uint64_t n, const std::string& noun);

/// The time of day in UTC with milliseconds, as RFC 3339: "2026-01-31T13:02:11.123Z".
std::string utc_text(std::chrono::system_clock::time_point time);

}  // namespace leat::app
