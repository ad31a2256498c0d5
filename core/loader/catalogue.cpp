#include "loader/catalogue.hpp"

#include "loader/library.hpp"
#include "loader/refusal.hpp"
#include "loader/search_path.hpp"

#include <filesystem>

namespace leat::loader {

const leat_descriptor* Catalogue::find(const std::string& name) {
    const auto known = [&]() -> const leat_descriptor* {
        const auto found = entries_.find(name);
        return found == entries_.end() ? nullptr : found->second.descriptor;
    };
    if (const leat_descriptor* d = known()) return d;
    if (name.find('/') == std::string::npos) {
        for (const std::string& directory : directories_) {
            const auto path = std::filesystem::path(directory) / ("leat_" + name + ".so");
            std::error_code error;
            if (std::filesystem::exists(path, error)) open(path.string());
            if (const leat_descriptor* d = known()) return d;
        }
    }
    all();
    return known();
}

const std::map<std::string, Catalogue::Entry>& Catalogue::all() {
    if (!has_all_) {
        has_all_ = true;
        for (const std::string& directory : directories_) {
            for (const std::string& path : libraries_in(directory)) open(path);
        }
    }
    return entries_;
}

void Catalogue::open(const std::string& path) {
    if (!opened_.insert(path).second) return;
    const Opened library = open_library(path);
    if (!library.plugin) {
        refusals_.push_back(library.refusal);
        return;
    }
    for (uint32_t i = 0; i < library.plugin->count; ++i) {
        const leat_descriptor* d = library.plugin->descriptors[i];
        const auto [entry, is_new] = entries_.emplace(d->name, Entry{d, path});
        if (!is_new) {
            refusals_.push_back(
                refuse(path, "plugin \"" + std::string(d->name) + "\" is already there, from " + entry->second.path));
        }
    }
}

}  // namespace leat::loader
