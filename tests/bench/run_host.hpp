// A host for measurements: a configuration given as text, with the plugins of the measurements beside the usual ones.
//
//     const auto host = run_host("{...}");      // or a message on stderr and exit(1)
#pragma once
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <leat/host.hpp>
#include <memory>
#include <string>

namespace leat::bench {

inline std::unique_ptr<Host> load_host(const std::string& configuration) {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("leat-bench-" + std::to_string(getpid()) + ".json");
    std::ofstream(file) << configuration;
    auto host = std::make_unique<Host>(HostSettings{.plugin_dirs = {LEAT_BENCH_PLUGINS}, .log = {}});
    const Findings found = host->load(file.string());
    std::filesystem::remove(file);
    for (const auto& f : found.all) {
        if (f.kind == Finding::Kind::error) std::fprintf(stderr, "%s\n", f.text.c_str());
    }
    if (found.has_errors()) std::exit(1);
    return host;
}

inline std::unique_ptr<Host> run_host(const std::string& configuration) {
    auto host = load_host(configuration);
    if (!host->run()) std::exit(1);
    return host;
}

}  // namespace leat::bench
