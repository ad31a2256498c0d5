// How long a message is good, as an option or a header says it: "30s", "1.5h", "250ms".
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace leat::memory {

/// ns; nothing: it is no duration, or none that 64 bits hold. "0" is for ever. Units: ns us ms s m h d; a bare number
/// is seconds.
std::optional<int64_t> read_lifetime(std::string_view text);

}  // namespace leat::memory
