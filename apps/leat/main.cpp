// leat: finds the command, runs it, turns what went wrong into a sentence and an exit code.
#include "commands.hpp"
#include "process/command_line.hpp"
#include "process/exit_codes.hpp"
#include "process/standard_streams.hpp"

#include <leat/host.hpp>

#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <span>
#include <string>

namespace leat::app {
namespace {

struct Command {
    const char* name;
    const char* arguments;
    const char* summary;
    int (*call)(const Words&);
};

constexpr Command kCommands[] = {
    {"run", "CONFIG", "runs the routes of a configuration until a signal ends it", run_command},
    {"check", "CONFIG", "says all that is wrong with a configuration; connects to nothing", check_command},
    {"try", "CONFIG ROUTE", "shows what each sink would get for one message; asks no broker", try_command},
    {"redrive", "CONFIG ROUTE", "moves dead letters back to the step that refused them", redrive_command},
    {"plugins", "", "lists the plugins that are found: kind, version, where", plugins_command},
    {"describe", "PLUGIN", "explains one plugin: what it promises, its options", describe_command},
    {"bench", "[CATEGORY...]", "measures what Leat costs on this machine", bench_command},
    {"schema", "", "prints the JSON Schema of configurations, for editors", schema_command},
};

void print_help() {
    std::printf(
        "Leat routes messages between brokers, and acknowledges nothing before it has landed.\n\n"
        "usage: leat COMMAND ...\n\n");
    for (const Command& command : kCommands) {
        const std::string usage = std::string(command.name) + " " + command.arguments;
        std::printf("  %-21s %s\n", usage.c_str(), command.summary);
    }
    std::printf(
        "\n"
        "  leat COMMAND --help    more about a command\n"
        "  leat --version         the version\n"
        "\n"
        "A first look, with no broker at hand:\n\n"
        "  leat plugins\n"
        "  leat describe mqtt\n"
        "  leat check bridge.json\n"
        "  leat run bridge.json\n"
        "\n"
        "Plugins are looked for in each --plugin-dir, then in the folders of LEAT_PLUGIN_PATH (separated by ':'),\n"
        "then in ../lib/leat/plugins, seen from this program.\n"
        "\n"
        "Exit codes:\n"
        "    0  did what was asked; a run ended with nothing in flight\n"
        "    1  something failed while running: a route, a probe, a tried message, a plugin that cannot be loaded\n"
        "    2  the configuration or the command line is wrong; nothing was started\n"
        "    3  drained, but not all in time: the rest is unacknowledged and its broker delivers it again\n"
        "  130  a second signal stopped it at once; what was in flight will be delivered again\n");
}

int dispatch(std::span<char*> words) {
    const std::string name = words.empty() ? "" : words[0];
    if (name == "--version" || name == "version") {
        std::printf("leat %s\n", Host::version());
        return kFine;
    }
    if (name == "--help" || name == "-h" || name == "help") {
        print_help();
        return kFine;
    }
    if (name.empty())
        throw UsageError("", "a command is missing: run, check, try, redrive, plugins, describe, bench or schema");
    for (const Command& command : kCommands) {
        if (name == command.name) return command.call(Words(words.begin() + 1, words.end()));
    }
    throw UsageError("", "there is no command \"" + name +
                             "\"; it is one of run, check, try, redrive, plugins, describe, bench, schema");
}

}  // namespace
}  // namespace leat::app

int main(int argc, char** argv) {
    using namespace leat::app;
    open_missing_streams();
    // Client libraries allocate whole fetch responses; given back to the system each time, their pages are faulted in
    // again and again: a tenth of the CPU of Kafka -> MQTT (measured).
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
    std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of that write, not the end of the process
    std::signal(SIGXFSZ, SIG_IGN);  // so is a file that may not grow
    try {
        return code_with_output(dispatch(std::span(argv, static_cast<size_t>(argc)).subspan(argc > 0 ? 1 : 0)));
    } catch (const UsageError& error) {
        const std::string command = error.command().empty() ? "leat" : "leat " + error.command();
        std::fprintf(stderr, "%s: %s\nSee \"%s --help\".\n", command.c_str(), error.what(), command.c_str());
        return kWrong;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "leat: %s\n", error.what());
        return kFailed;
    }
}
