// Opens a plugin library and checks that this host can use it. A library is never unloaded.
//
//     Opened opened = open_library(path);
//     if (!opened.plugin) say(opened.refusal);
#pragma once
#include <leat/plugin.h>

#include <string>

namespace leat::loader {

struct Opened {
    const leat_plugin* plugin = nullptr;
    std::string refusal;  ///< why not, in words, with the path and both versions
};

/// Never throws, never crashes on a file that is no library, or only the beginning of one.   [main]
Opened open_library(const std::string& path);

/// What is wrong with a plugin's own description; empty when nothing is.
std::string refusal_of(const leat_plugin& plugin, const std::string& path);

}  // namespace leat::loader
