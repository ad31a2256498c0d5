// Files that a run leaves behind.
#pragma once

#include <string>

namespace leat::bench {

/// Why `file` cannot be written, in words; empty: it can. Changes no file that is there and leaves none.
std::string obstacle(const std::string& file);

/// Writes the whole of `text`; where that fails, what was there before stays. Throws std::runtime_error.
void write_file(const std::string& file, const std::string& text);

}  // namespace leat::bench
