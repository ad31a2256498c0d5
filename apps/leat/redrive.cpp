// `leat redrive`: moves the dead letters of a route back to the steps that refused them.
#include "commands.hpp"
#include "logging.hpp"
#include "process/command_line.hpp"
#include "process/duration.hpp"
#include "process/exit_codes.hpp"
#include "process/idle_watch.hpp"
#include "process/signals.hpp"
#include "show/figures.hpp"
#include "show/findings.hpp"
#include "show/screen.hpp"
#include "show/status.hpp"
#include "show/text.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <leat/host.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <future>
#include <limits>
#include <string>

namespace leat::app {
namespace {

namespace po = boost::program_options;
using namespace std::chrono_literals;

constexpr auto kLook = 100ms;
constexpr const char* kPatience = "15s";  // a Kafka group waits 6s for a member that was killed, then rebalances

void print_seen(const DeadLetterView& letter) {
    std::string line = letter.is_chosen ? "redrive" : "keep   ";
    line += "  step " + letter.step + "  topic " + letter.topic;
    if (!letter.key.empty()) line += "  key " + letter.key;
    line += "  time " + letter.time + "  attempts " + letter.attempts + ": " + letter.reason;
    if (!letter.is_chosen) line += "  (" + letter.why_not + ")";
    std::printf("%s\n", printable(line).c_str());
}

uint64_t counter(const RouteView& route, const std::string& name) {
    for (const CounterSnapshot& each : route.counters) {
        if (each.component == "redrive" && each.name == name) return each.value;
    }
    return 0;
}

std::string summary_of(const RouteView& route) {
    const uint64_t back = counter(route, "put_back");
    const uint64_t again = route.ledger.dead_lettered - std::min(back, route.ledger.dead_lettered);
    return fmt::format("{}: {} redriven, of which {} landed, {} filtered, {} failed again; {} put back; {} left",
                       printable(route.name), counter(route, "sent"), route.ledger.landed, route.ledger.filtered,
                       again, back, counter(route, "left"));
}

RedriveSettings settings_of(const CommandLine& line) {
    RedriveSettings settings;
    settings.route = line.text("route");
    settings.branch = line.text("branch");
    settings.from = line.text("from");
    settings.step = line.text("step");
    settings.at = line.text("at");
    settings.condition = line.text("if");
    settings.rate = line.text("rate");
    settings.only_look = line.has("dry-run");
    if (settings.only_look) settings.seen = print_seen;
    constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
    settings.limit = line.number<uint64_t>("limit", 1, kMost, " of messages").value_or(settings.limit);
    return settings;
}

// Until the dead letter is empty, or a signal. False: the route failed.
bool watch(const Host& host, Signals& signals, std::chrono::milliseconds idle) {
    IdleWatch quiet(idle);
    while (signals.wait(kLook) == 0) {
        const Snapshot now = host.snapshot();
        if (!now.routes.empty() && now.routes.front().state == "failed") return false;
        if (quiet.is_over(now)) break;
    }
    return true;
}

int report(const Host& host, bool only_look) {
    const Snapshot last = host.snapshot();
    const RouteView& route = last.routes.front();
    if (only_look) {
        std::printf("%s: nothing was sent, nothing acknowledged\n", printable(route.name).c_str());
        const uint64_t seen = counter(route, "left");
        if (seen >= route.max_in_flight) {
            std::printf(
                "only the first %llu were looked at: as many as may be in flight. To see more:\n"
                "  --from '{\"max_in_flight\": %llu}'\n",
                static_cast<unsigned long long>(seen), 10 * static_cast<unsigned long long>(seen));
        }
    } else {
        std::printf("%s\n", summary_of(route).c_str());
    }
    if (route.state == "failed") std::fprintf(stderr, "failed: %s\n", reason_text(route).c_str());
    return route.state == "failed" || !route.ledger.balances() ? kFailed : kFine;
}

constexpr const char* kBelow =
    "Each message gets its topic, key and time back, loses the leat- headers and enters the route at the step that\n"
    "refused it; no earlier step and no other branch sees it again. It is acknowledged in the dead letter when it\n"
    "has landed. One that fails again goes to the dead letter again, with its attempts added up. One that is not\n"
    "chosen is put back as it is. What this run has put there itself is not looked at again.\n"
    "\n"
    "The routes may run meanwhile: a redrive has a consumer group of its own (leat.redrive.ROUTE) and client ids\n"
    "that end in .redrive. Killed at any moment, it loses nothing; call it again.\n"
    "\n"
    "Examples:\n"
    "  leat redrive bridge.json telemetry --dry-run\n"
    "  leat redrive bridge.json telemetry --step to --if 'header:leat-reason matches \"too large\"' --rate 100/s\n"
    "\n"
    "Exit codes: 0 the dead letter is empty, or a signal ended it; 1 the route failed; 2 the configuration or the\n"
    "command line is wrong.\n";

}  // namespace

int redrive_command(const Words& words) {
    CommandLine line("redrive", "CONFIG ROUTE",
                     "Moves the dead letters of a route back to the steps that refused them, until there are none.");
    line.word("config");
    line.word("route");
    line.options()("step", po::value<std::string>()->value_name("STEP"), "only what this step refused")(
        "if", po::value<std::string>()->value_name("CONDITION"),
        "only messages for which it holds; it sees the original topic and key, and all headers")(
        "limit", po::value<std::string>()->value_name("N"), "so many at most")(
        "rate", po::value<std::string>()->value_name("100/s"), "no faster than this")(
        "dry-run", "show what would be moved; send nothing, acknowledge nothing")(
        "branch", po::value<std::string>()->value_name("to[1]"), "the dead letter of a branch's own on_failure")(
        "at", po::value<std::string>()->value_name("STEP"), "let all enter at this step, whichever refused them")(
        "from", po::value<std::string>()->value_name("JSON"),
        "options of the source, where they do not follow from the dead letter: {\"topics\": [\"x.dead\"]}")(
        "until-idle", po::value<std::string>()->value_name("15s"),
        "end when nothing has come for so long; longer than a broker takes to give up a member that was killed");
    line.takes_plugin_dirs();
    line.below(kBelow);
    if (!line.parse(words)) return kFine;

    const RedriveSettings settings = settings_of(line);
    const auto idle = parse_duration(line.has("until-idle") ? line.text("until-idle") : kPatience);
    if (!idle || *idle == 0ms) throw line.wrong("--until-idle " + line.text("until-idle") + " is no duration");
    Signals signals{SIGTERM, SIGINT};
    Log log({.format = LogFormat::text, .level = Level::warning, .has_colours = false, .has_date = false},
            [](std::string_view text) { write_all(STDERR_FILENO, std::string(text) + "\n"); });
    Host host(
        {.plugin_dirs = line.texts("plugin-dir"),
         .log = [&log](Level level, const std::string& who, std::string_view text) { log.write(level, who, text); }});
    const std::string file = line.text("config");
    if (const Findings findings = host.load_redrive(file, settings); findings.has_errors()) {
        print(findings);
        std::fprintf(stderr, "%s\n", summary(findings, file, "").c_str());
        return kWrong;
    }
    if (!host.run()) return kFailed;
    watch(host, signals, *idle);
    host.drain();
    return report(host, settings.only_look);
}

}  // namespace leat::app
