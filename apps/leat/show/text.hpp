// Text for a terminal: made harmless, measured and cut in columns, not in bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::app {

/// `text` as UTF-8 that cannot steer a terminal or forge a log line: control characters become \n, \t, \x1b, bytes
/// that are no UTF-8 become \xNN, and characters that reorder text become \u{202e}.
std::string printable(std::string_view text);

/// Columns that printable UTF-8 takes: 0 for combining marks, 2 for wide characters.
size_t columns_of(std::string_view text);

/// At most `columns` columns of it; what is cut is marked by "…".
std::string clipped(std::string_view text, size_t columns);

/// Clipped or filled with spaces to exactly `columns`.
std::string left(std::string_view text, size_t columns);
std::string right(std::string_view text, size_t columns);

}  // namespace leat::app
