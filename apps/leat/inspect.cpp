// `leat plugins`, `leat describe`, `leat schema`: what there is to configure.
#include "commands.hpp"
#include "logging.hpp"
#include "process/command_line.hpp"
#include "process/exit_codes.hpp"
#include "show/text.hpp"

#include <leat/host.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <string>

namespace leat::app {
namespace {

void print_row(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
    std::string row;
    for (size_t i = 0; i + 1 < cells.size(); ++i) row += left(cells[i], widths[i]) + "  ";
    std::printf("%s%s\n", row.c_str(), cells.back().c_str());
}

void print_rows(const std::vector<std::vector<std::string>>& rows) {
    std::vector<size_t> widths(rows.front().size());
    for (const auto& row : rows) {
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
    }
    for (const auto& row : rows) print_row(row, widths);
}

void print_json(const std::vector<PluginView>& plugins) {
    auto list = nlohmann::ordered_json::array();
    for (const PluginView& p : plugins) {
        list.push_back({{"name", p.name},
                        {"kind", p.kind},
                        {"version", p.version},
                        {"library", p.path},
                        {"summary", p.summary}});
    }
    std::printf("%s\n", list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
}

}  // namespace

int plugins_command(const Words& words) {
    CommandLine line(
        "plugins", "",
        "Lists the plugins that are found, each with its kind, its version and its library, and says which\n"
        "libraries cannot be used, and why.");
    line.options()("json", "print JSON");
    line.takes_plugin_dirs();
    line.below("Exit codes: 0 all that was found can be used; 1 a library cannot, or none was found.\n");
    if (!line.parse(words)) return kFine;

    Host host(quiet_host_settings(line.texts("plugin-dir")));
    std::vector<std::string> refusals;
    const std::vector<PluginView> plugins = host.plugins(refusals);
    if (line.has("json")) {
        print_json(plugins);
    } else if (!plugins.empty()) {
        std::vector<std::vector<std::string>> rows = {{"NAME", "KIND", "VERSION", "LIBRARY", "SUMMARY"}};
        for (const PluginView& p : plugins) {
            rows.push_back(
                {printable(p.name), p.kind, printable(p.version), printable(p.path), printable(p.summary)});
        }
        print_rows(rows);
    }
    std::fflush(stdout);
    for (const std::string& refusal : refusals) std::fprintf(stderr, "%s\n", refusal.c_str());
    if (plugins.empty() && refusals.empty()) {
        std::fprintf(stderr,
                     "No plugin was found. Looked in each --plugin-dir, LEAT_PLUGIN_PATH, ../lib/leat/plugins.\n");
    }
    return plugins.empty() || !refusals.empty() ? kFailed : kFine;
}

int describe_command(const Words& words) {
    CommandLine line(
        "describe", "PLUGIN",
        "Explains one plugin: what it does, what it promises about delivery, and each of its options with\n"
        "type, default and meaning.");
    line.word("plugin");
    line.options()("markdown", "as Markdown, for documentation");
    line.takes_plugin_dirs();
    if (!line.parse(words)) return kFine;

    Host host(quiet_host_settings(line.texts("plugin-dir")));
    const std::string name = line.text("plugin");
    std::string nearest;
    if (const auto text = host.describe(name, line.has("markdown"), nearest)) {
        std::printf("%s%s", text->c_str(), text->ends_with('\n') ? "" : "\n");
        return kFine;
    }
    const std::string meant = nearest.empty() ? "" : " (did you mean \"" + nearest + "\"?)";
    std::fprintf(stderr, "There is no plugin \"%s\"%s. \"leat plugins\" lists what was found.\n",
                 printable(name).c_str(), meant.c_str());
    return kWrong;
}

int schema_command(const Words& words) {
    CommandLine line(
        "schema", "",
        "Prints the JSON Schema of configurations with all plugins that are found, so that an editor can\n"
        "complete and check them:  leat schema > leat.schema.json");
    line.takes_plugin_dirs();
    if (!line.parse(words)) return kFine;
    Host host(quiet_host_settings(line.texts("plugin-dir")));
    std::printf("%s\n", host.schema().c_str());
    return kFine;
}

}  // namespace leat::app
