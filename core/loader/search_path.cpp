#include "loader/search_path.hpp"

#include <algorithm>
#include <boost/dll/runtime_symbol_info.hpp>
#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace leat::loader {
namespace fs = std::filesystem;

std::vector<std::string> search_path(const std::vector<std::string>& asked_for) {
    std::vector<std::string> path;
    const auto add = [&path](const fs::path& directory) {
        std::error_code error;
        const std::string text = fs::weakly_canonical(fs::absolute(directory, error), error).string();
        if (std::find(path.begin(), path.end(), text) == path.end()) path.push_back(text);
    };
    for (const std::string& directory : asked_for) add(directory);
    if (const char* variable = std::getenv("LEAT_PLUGIN_PATH")) {
        std::istringstream parts(variable);
        for (std::string part; std::getline(parts, part, ':');) {
            if (!part.empty()) add(part);
        }
    }
    boost::dll::fs::error_code unknown;  // where /proc is not mounted
    const fs::path program = boost::dll::program_location(unknown).string();
    const fs::path beside = program.parent_path().parent_path() / "lib" / "leat" / "plugins";
    std::error_code error;
    if (!unknown && fs::is_directory(beside, error)) add(beside);
    return path;
}

std::vector<std::string> libraries_in(const std::string& directory) {
    std::vector<std::string> found;
    std::error_code error;
    for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
        if (it->path().extension() == ".so") found.push_back(it->path().string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace leat::loader
