// Times as people and programs write them [RFC 3339]: "2026-11-21T15:33:09.123456789Z".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leat::envelope {

/// ns since 1970-01-01 UTC, with all nine digits of the second.
std::string show_time(int64_t ns);

/// Any fraction of up to nine digits, and any offset. Nothing: it is no time, or beyond what 64 bits hold (1677 to
/// 2262).
std::optional<int64_t> read_time(std::string_view text);

}  // namespace leat::envelope
