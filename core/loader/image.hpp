// Whether a file can be handed to the system's loader at all.
//
// The loader maps what the file's header promises and reads it: a library that was cut short, by a copy or a disk
// that ended, would be a bus error there, and a pipe would be waited for. Everything else it refuses itself, in
// words.
//
//     if (std::string why = unfit_image(path); !why.empty()) refuse(path, why);
#pragma once
#include <string>

namespace leat::loader {

/// Why not, in words; empty where the loader may look at it. Throws nothing.       [any-thread]
std::string unfit_image(const std::string& path);

}  // namespace leat::loader
