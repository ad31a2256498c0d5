#include "process/command_line.hpp"

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <utility>

namespace leat::app {

namespace po = boost::program_options;

CommandLine::CommandLine(std::string command, std::string arguments, std::string about)
    : command_(std::move(command)), arguments_(std::move(arguments)), about_(std::move(about)) {}

void CommandLine::takes_plugin_dirs() {
    options()("plugin-dir", po::value<std::vector<std::string>>()->value_name("DIR"),
              "look for plugins here first; may be repeated");
}

void CommandLine::word(const std::string& name) { words_.push_back(name); }

bool CommandLine::parse(const std::vector<std::string>& words) {
    po::options_description all;
    all.add(shown_).add_options()("help,h", "");
    po::positional_options_description positions;
    for (const std::string& name : words_) {
        all.add_options()(name.c_str(), po::value<std::string>());
        positions.add(name.c_str(), 1);
    }
    if (!rest_.empty()) {
        all.add_options()(rest_.c_str(), po::value<std::vector<std::string>>());
        positions.add(rest_.c_str(), -1);
    }
    // Abbreviated options would change their meaning when a longer one is added.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    try {
        po::store(po::command_line_parser(words).options(all).positional(positions).style(style).run(), values_);
    } catch (const po::too_many_positional_options_error&) {
        throw wrong("too many words; it takes " + (arguments_.empty() ? std::string("none") : arguments_));
    } catch (const po::error& error) {
        throw wrong(error.what());
    }
    if (has("help")) {
        print_help();
        return false;
    }
    for (const std::string& name : words_) {
        if (!has(name)) throw wrong("it takes " + arguments_ + ", and the " + name + " is missing");
    }
    for (const std::string& folder : texts("plugin-dir")) {
        std::error_code unknown;
        if (std::filesystem::is_directory(folder, unknown)) continue;
        std::fprintf(stderr, "leat %s: warning: --plugin-dir: there is no folder %s\n", command_.c_str(),
                     folder.c_str());
    }
    return true;
}

std::string CommandLine::text(const std::string& name) const {
    return has(name) ? values_[name].as<std::string>() : "";
}

std::vector<std::string> CommandLine::texts(const std::string& name) const {
    return has(name) ? values_[name].as<std::vector<std::string>>() : std::vector<std::string>();
}

void CommandLine::print_help() const {
    std::cout << "usage: leat " << command_ << (arguments_.empty() ? "" : " ") << arguments_ << " [options]\n\n"
              << about_ << "\n";
    if (!shown_.options().empty()) std::cout << "\n" << shown_;
    if (!below_.empty()) std::cout << "\n" << below_;
    std::cout.flush();
}

}  // namespace leat::app
