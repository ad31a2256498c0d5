#include "loader/library.hpp"

#include "loader/image.hpp"
#include "loader/refusal.hpp"

#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>
#include <filesystem>
#include <list>

namespace leat::loader {
namespace {

constexpr uint32_t kLastOptionType = LEAT_PATH;

std::string wrong_option(const leat_option& option, const std::string& plugin) {
    if (!LEAT_HAS(&option, leat_option, example) || !option.name || !option.description) {  // the last of 1.0
        return "an option of \"" + plugin + "\" is incomplete";
    }
    const std::string name = "option \"" + std::string(option.name) + "\" of \"" + plugin + "\"";
    if (option.type == 0 || option.type > kLastOptionType) {
        return name + " has type " + std::to_string(option.type) + ", which this host does not know";
    }
    if (option.type == LEAT_ENUM && (!option.allowed || !option.allowed[0])) return name + " allows no word";
    if ((option.type == LEAT_LIST || option.type == LEAT_MAP) &&
        (option.element == 0 || option.element >= LEAT_BLOCK)) {
        return name + " has elements of type " + std::to_string(option.element) + ", which this host does not know";
    }
    if (option.type == LEAT_BLOCK) {
        if (!option.fields) return name + " has no fields";
        for (const leat_option* const* f = option.fields; *f; ++f) {
            if (std::string wrong = wrong_option(**f, plugin); !wrong.empty()) return wrong;
        }
    }
    return {};
}

std::string wrong_options(const leat_option* const* list, const std::string& plugin) {
    for (; list && *list; ++list) {
        if (std::string wrong = wrong_option(**list, plugin); !wrong.empty()) return wrong;
    }
    return {};
}

std::string wrong_descriptor(const leat_descriptor* d) {
    if (!d || !LEAT_HAS(d, leat_descriptor, probe)) return "its description is incomplete";  // the last of 1.0
    if (!d->name || !d->version || !d->summary || !d->options) return "its description is incomplete";
    const std::string name = d->name;
    if (d->kind == LEAT_KIND_BACKEND) {
        if (!d->create_backend) return "backend \"" + name + "\" cannot be created";
        if (!d->source_options && !d->sink_options) return "backend \"" + name + "\" has neither sources nor sinks";
    } else if (d->kind == LEAT_KIND_STAGE) {
        if (!d->create_stage) return "stage \"" + name + "\" cannot be created";
    } else {
        return "\"" + name + "\" is of kind " + std::to_string(d->kind) + ", which this host does not know";
    }
    for (const leat_option* const* list : {d->options, d->source_options, d->sink_options}) {
        if (std::string wrong = wrong_options(list, name); !wrong.empty()) return wrong;
    }
    return {};
}

// Libraries stay open for the life of the process, even past static destruction.
std::list<boost::dll::shared_library>& open_for_ever() {
    static auto* all = new std::list<boost::dll::shared_library>();
    return *all;
}

// What the loader itself said last; it begins with the path, which the refusal says already.
std::string loader_words(const std::string& path, const std::string& otherwise) {
    const char* said = ::dlerror();
    std::string words = said ? said : otherwise;
    if (words.starts_with(path + ": ")) words.erase(0, path.size() + 2);
    return words;
}

}  // namespace

std::string refusal_of(const leat_plugin& plugin, const std::string& path) {
    if (plugin.abi_major != LEAT_ABI_MAJOR || plugin.abi_minor > LEAT_ABI_MINOR) {
        return refuse_version(path, plugin.abi_major, plugin.abi_minor);
    }
    if (!LEAT_HAS(&plugin, leat_plugin, descriptors) || plugin.count == 0 || !plugin.descriptors) {
        return refuse(path, "it describes nothing; one in C++ whose constructor or options() throws does so");
    }
    for (uint32_t i = 0; i < plugin.count; ++i) {
        if (std::string wrong = wrong_descriptor(plugin.descriptors[i]); !wrong.empty()) return refuse(path, wrong);
    }
    return {};
}

Opened open_library(const std::string& path) {
    Opened opened;
    std::error_code missing;
    if (!std::filesystem::exists(path, missing)) {
        opened.refusal = refuse(path, "there is no such file");
        return opened;
    }
    if (const std::string why = unfit_image(path); !why.empty()) {
        opened.refusal = refuse(path, why);
        return opened;
    }
    boost::dll::fs::error_code error;
    boost::dll::shared_library library(path, error,
                                       boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    if (error) {
        opened.refusal = refuse(path, "the system cannot load it: " + loader_words(path, error.message()));
        return opened;
    }
    if (!library.has("leat_plugin_entry")) {
        opened.refusal = refuse(path, "it is no Leat plugin: it does not export leat_plugin_entry");
        return opened;
    }
    const auto& plugin = library.get<const leat_plugin>("leat_plugin_entry");
    opened.refusal = refusal_of(plugin, path);
    open_for_ever().push_back(std::move(library));
    if (opened.refusal.empty()) opened.plugin = &plugin;
    return opened;
}

}  // namespace leat::loader
