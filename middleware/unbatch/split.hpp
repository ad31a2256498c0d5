// Payloads that hold several: where each begins and ends. What `batch` writes, and others.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace leat::unbatch {

enum class Format { lines, json, length_prefixed };

/// Appends the parts of `whole` to `parts`, as views into it. False: `why` says what is wrong and at which byte.
///
///   lines            between line feeds, a carriage return in front of one goes with it; empty lines are no parts
///   json             the elements of an array, as they are written
///   length_prefixed  each behind its length, 4 bytes, the highest first
///
/// most  more parts than that are refused.
bool split(Format format, std::string_view whole, size_t most, std::vector<std::string_view>& parts,
           std::string& why);

}  // namespace leat::unbatch
