// `leat check`: all that is wrong with a configuration, and with --connect also with what it connects to.
#include "commands.hpp"
#include "logging.hpp"
#include "process/command_line.hpp"
#include "process/exit_codes.hpp"
#include "show/findings.hpp"

#include <leat/host.hpp>

#include <unistd.h>
#include <cstdio>
#include <string>

namespace leat::app {

int check_command(const Words& words) {
    CommandLine line("check", "CONFIG",
                     "Loads the plugins of a configuration and says all that is wrong with it, each error as\n"
                     "file:line: /path: what. Makes each stage once, as a run would. Connects to nothing, unless\n"
                     "--connect is given.");
    line.word("config");
    line.options()("connect", "also try the brokers, the credentials and the topics; takes seconds, changes nothing")(
        "print", "print the configuration with all defaults filled in and secrets masked, as JSON on stdout");
    line.takes_plugin_dirs();
    line.below(
        "Exit codes: 0 nothing is wrong (there may be warnings); 2 the configuration is wrong;\n"
        "1 it is right, but --connect found something missing.\n");
    if (!line.parse(words)) return kFine;

    const std::string file = line.text("config");
    Host host(quiet_host_settings(line.texts("plugin-dir")));
    Findings findings = host.check(file);
    print(findings);
    if (findings.has_errors()) {
        std::fprintf(stderr, "%s\n", summary(findings, file, "").c_str());
        return kWrong;
    }
    int code = kFine;
    if (line.has("connect")) {
        if (isatty(STDERR_FILENO)) std::fprintf(stderr, "asking the brokers; one that is away takes 10 s ...\n");
        const Findings probed = host.probe();
        print(probed);
        if (probed.has_errors()) code = kFailed;
        findings.all.insert(findings.all.end(), probed.all.begin(), probed.all.end());
    }
    if (line.has("print")) std::printf("%s\n", host.resolved().c_str());
    std::fprintf(line.has("print") || code != kFine ? stderr : stdout, "%s\n",
                 summary(findings, file, host.resolved()).c_str());
    return code;
}

}  // namespace leat::app
