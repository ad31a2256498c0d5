// Values with units, as people write them: durations "250ms", sizes "64KiB", rates "100/s".
//
// Each parser returns the value, or nothing and a sentence in `error` that says what was wrong and shows a right
// example.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leat::config {

// Units ns, us, ms, s, m, h, d; fractions ("1.5s") and sums ("1m30s"); "0" needs no unit. Never negative.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text, std::string& error);

// Bytes. Units B, KB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (powers of 1024); none means bytes.
std::optional<uint64_t> parse_size(std::string_view text, std::string& error);

// Events per second. "100/s", "90/m", "5/h"; fractions allowed; greater than zero.
std::optional<double> parse_rate(std::string_view text, std::string& error);

// The inverse, in the largest unit that loses nothing: "30s", "1500ms", "64KiB", "100/s".
std::string format_duration(std::chrono::nanoseconds value);
std::string format_size(uint64_t bytes);
std::string format_rate(double per_second);

// A number as short as it can be written without loss: "80", "0.25".
std::string format_number(double value);

}  // namespace leat::config
