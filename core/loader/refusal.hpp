// Why a library is not used, in words for the person who has to do something about it.
#pragma once
#include <leat/plugin.h>

#include <string>

namespace leat::loader {

inline std::string refuse(const std::string& path, const std::string& why) { return path + " is not used: " + why; }

inline std::string refuse_version(const std::string& path, uint32_t major, uint32_t minor) {
    const auto version = [](uint32_t a, uint32_t b) { return std::to_string(a) + "." + std::to_string(b); };
    const bool newer = major > LEAT_ABI_MAJOR || (major == LEAT_ABI_MAJOR && minor > LEAT_ABI_MINOR);
    return refuse(path, "it was built for plugin interface " + version(major, minor) + ", this host speaks " +
                            version(LEAT_ABI_MAJOR, LEAT_ABI_MINOR) +
                            (newer ? "; use a newer leat" : "; rebuild the plugin with this leat's headers"));
}

}  // namespace leat::loader
