// What the command line of `leat bench` asks for.
#pragma once

#include "bench/cases/brokers.hpp"
#include "commands.hpp"
#include "process/command_line.hpp"

#include <optional>
#include <string>
#include <vector>

namespace leat::bench {

struct Options {
    std::vector<std::string> wanted;  ///< categories, or beginnings of ids; empty: all
    bool only_lists = false;
    Effort effort;
    std::vector<Broker> brokers;  ///< given, or answering where they usually are
    std::string json, html, baseline, ceilings, flames;
    std::vector<std::string> with, plugin_dirs;
    double lost = 0;                ///< this part of all messages is dropped on the way
    std::optional<double> at_most;  ///< seconds, after which nothing more is begun
};

/// Nothing: help was asked for and has been printed. Throws UsageError.
std::optional<Options> read_options(const app::Words& words);

}  // namespace leat::bench
