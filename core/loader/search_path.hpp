// Where plugin libraries are looked for, in this order: directories asked for, LEAT_PLUGIN_PATH, ../lib/leat/plugins
// beside the program.
#pragma once
#include <string>
#include <vector>

namespace leat::loader {

/// The directories to search, absolute, those that exist or were asked for by name.
std::vector<std::string> search_path(const std::vector<std::string>& asked_for);

/// The libraries (*.so) of a directory, by name.
std::vector<std::string> libraries_in(const std::string& directory);

}  // namespace leat::loader
