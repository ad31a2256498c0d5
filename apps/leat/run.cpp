// `leat run`: loads, runs, shows, drains, reports.
#include "commands.hpp"
#include "live_table.hpp"
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
#include "show/status_file.hpp"
#include "show/text.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <leat/host.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <future>
#include <map>
#include <optional>

namespace leat::app {
namespace {

namespace po = boost::program_options;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kLook = 200ms;        // how often states are looked at
constexpr auto kDrainLook = 50ms;    // the same while draining, where each turn may be the last
constexpr auto kHurryPatience = 3s;  // after the second signal; a plugin that hangs does not hold us longer

struct RunSettings {
    std::string config;
    std::vector<std::string> only, plugin_dirs;
    std::optional<std::chrono::milliseconds> until_idle, interval;
    std::optional<LogFormat> log_format;  // on the command line; else the configuration's "log", else text
    std::optional<Level> log_level;
    bool no_table = false;
    std::string status_file;
};

// Says when it is time again.
class Cadence {
  public:
    void set(std::chrono::milliseconds interval) { interval_ = interval; }
    bool is_due(steady_clock::time_point now) {
        if (now < next_) return false;
        next_ = now + interval_;
        return true;
    }

  private:
    std::chrono::milliseconds interval_{};
    steady_clock::time_point next_{};
};

class Run {
  public:
    explicit Run(RunSettings settings);
    int operate();

  private:
    enum class End { asked, idle, all_failed };

    std::optional<int> load();
    void set_up_output();
    void write_line(std::string_view line);
    End watch();
    void drain();
    bool on_drain_signal(int number);
    int report();

    void look(const Snapshot& snapshot);
    void show_table(const Snapshot& snapshot);
    void log_states(const Snapshot& snapshot, bool all);
    void write_status(const Snapshot& snapshot);
    void say(Level level, const std::string& text) { log_.write(level, "leat", text); }

    const RunSettings settings_;
    Signals signals_{SIGTERM, SIGINT, SIGHUP, SIGWINCH};  // before the host starts threads
    const bool has_terminal_ = isatty(STDOUT_FILENO) != 0 || isatty(STDERR_FILENO) != 0;
    Screen screen_{STDOUT_FILENO};
    LogSettings log_settings_;
    bool has_table_ = false;
    bool is_one_screen_ = false;  // the log goes to the terminal that has the table
    Log log_;
    Host host_;
    const steady_clock::time_point begin_ = steady_clock::now();
    const char* phase_ = "running";
    Pace pace_, status_pace_;
    Cadence show_, status_;
    StatusFile status_file_;
    bool has_lost_status_ = false;  // its last line could not be written
    std::map<std::string, std::string> told_states_;
    uint64_t abandoned_ = 0;  // in flight when the drain was over
    std::optional<steady_clock::time_point> hurried_;
};

Run::Run(RunSettings settings)
    : settings_(std::move(settings)),
      log_settings_{.format = settings_.log_format.value_or(LogFormat::text),
                    .level = settings_.log_level.value_or(Level::info),
                    .has_colours = Screen::has_colours(STDERR_FILENO),
                    .has_date = isatty(STDERR_FILENO) == 0},
      log_(log_settings_, [this](std::string_view line) { write_line(line); }),
      host_({.plugin_dirs = settings_.plugin_dirs,
             .log = [this](Level level, const std::string& who, std::string_view text) {
                 log_.write(level, who, text);
             }}) {}

void Run::write_line(std::string_view line) {
    if (is_one_screen_) return screen_.line(line);
    write_all(STDERR_FILENO, std::string(line) + "\n");
}

int Run::operate() {
    if (const std::optional<int> code = load()) return *code;
    if (!host_.run(settings_.only)) {
        say(Level::error, "nothing runs; the reason stands above");
        return kFailed;
    }
    switch (watch()) {
        case End::asked:
            break;
        case End::idle:
            say(Level::info, "nothing was received for " +
                                 age_text(std::chrono::duration_cast<std::chrono::seconds>(*settings_.until_idle)) +
                                 " and nothing is in flight: ends");
            break;
        case End::all_failed:
            say(Level::error, "no route is left that runs: ends");
            break;
    }
    drain();
    return report();
}

// The exit code where there is nothing to run.
std::optional<int> Run::load() {
    const Findings findings = host_.load(settings_.config);
    if (findings.has_errors()) {
        print(findings);
        std::fprintf(stderr, "%s; nothing was started\n", summary(findings, settings_.config, "").c_str());
        return kWrong;
    }
    for (const Finding& finding : findings.all) {
        log_.write(finding.kind == Finding::Kind::warning ? Level::warning : Level::info, "check", finding.text);
    }
    const std::vector<std::string> names = host_.route_names();
    for (const std::string& name : settings_.only) {
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            throw UsageError("run", fmt::format("--only: there is no route \"{}\" in {}; it has {}", name,
                                                settings_.config, fmt::join(names, ", ")));
        }
    }
    if (!settings_.status_file.empty()) {
        if (const int error = status_file_.open(settings_.status_file)) {
            throw UsageError("run",
                             "--status-json: cannot write " + settings_.status_file + ": " + std::strerror(error));
        }
    }
    set_up_output();
    const size_t routes = settings_.only.empty() ? names.size() : settings_.only.size();
    say(Level::info,
        fmt::format("leat {} runs {} of {}", Host::version(), count_text(routes, "route"), settings_.config));
    return std::nullopt;
}

// What the command line leaves open, the configuration may say.
void Run::set_up_output() {
    const auto json = nlohmann::json::parse(host_.resolved(), nullptr, false);
    const auto configured = [&json](const char* name) {
        const auto at = nlohmann::json::json_pointer("/log/" + std::string(name));
        return json.is_object() && json.contains(at) ? json[at].get<std::string>() : std::string();
    };
    if (!settings_.log_format)
        log_settings_.format = parse_log_format(configured("format")).value_or(LogFormat::text);
    if (!settings_.log_level) log_settings_.level = parse_level(configured("level")).value_or(Level::info);
    log_.configure(log_settings_);
    has_table_ = !settings_.no_table && log_settings_.format == LogFormat::text && Screen::is_drawable(STDOUT_FILENO);
    is_one_screen_ = has_table_ && Screen::is_same(STDOUT_FILENO, STDERR_FILENO);
    show_.set(settings_.interval.value_or(has_table_ ? 1s : 10s));
    status_.set(settings_.interval.value_or(1s));
}

Run::End Run::watch() {
    std::optional<IdleWatch> idle;
    if (settings_.until_idle) idle.emplace(*settings_.until_idle);
    for (;;) {
        const Snapshot snapshot = host_.snapshot();
        look(snapshot);
        const auto has_ended = [](const RouteView& r) { return r.state == "failed" || r.state == "stopped"; };
        if (std::all_of(snapshot.routes.begin(), snapshot.routes.end(), has_ended)) return End::all_failed;
        if (idle && idle->is_over(snapshot)) return End::idle;
        const int number = signals_.wait(kLook);
        if (number == SIGWINCH) {
            show_table(snapshot);
        } else if (number == SIGHUP && !has_terminal_) {
            say(Level::warning, "SIGHUP: a configuration is read at start alone; restart to have it read again");
        } else if (number != 0) {
            uint64_t in_flight = 0;
            for (const RouteView& route : snapshot.routes) in_flight += route.ledger.in_flight;
            const char* name = number == SIGINT ? "SIGINT" : number == SIGTERM ? "SIGTERM" : "the terminal has gone";
            say(Level::info, fmt::format("{}: drains, {} in flight; a second signal stops at once", name, in_flight));
            return End::asked;
        }
    }
}

void Run::drain() {
    phase_ = "draining";
    std::map<std::string, uint64_t> returned;
    for (const RouteView& route : host_.snapshot().routes) returned[route.name] = route.ledger.returned;
    const std::future<void> drained = std::async(std::launch::async, [this] { host_.drain(); });
    while (drained.wait_for(0s) != std::future_status::ready) {
        if (!on_drain_signal(signals_.wait(kDrainLook)) ||
            (hurried_ && steady_clock::now() - *hurried_ > kHurryPatience)) {
            std::_Exit(kStoppedAtOnce);
        }
        look(host_.snapshot());
    }
    for (const RouteView& route : host_.snapshot().routes) {
        abandoned_ += route.ledger.returned - returned[route.name] + route.ledger.in_flight;
    }
}

// False: do not wait for anything any more.
bool Run::on_drain_signal(int number) {
    if (number == SIGWINCH) show_table(host_.snapshot());
    if (number != SIGTERM && number != SIGINT) return true;
    if (hurried_) return false;
    say(Level::warning, "a second signal: stops at once; what is in flight stays unacknowledged and will come again");
    hurried_ = steady_clock::now();
    host_.hurry();
    return true;
}

// The final ledgers, on stdout, and the exit code that they ask for.
int Run::report() {
    phase_ = "ended";
    const Snapshot last = host_.snapshot();
    pace_.update(last);
    status_pace_.update(last);
    if (has_table_) show_table(last);
    screen_.leave();
    write_status(last);

    bool is_good = true;
    std::string text;
    for (const RouteView& route : last.routes) {
        is_good = is_good && route.state != "failed" && route.ledger.balances();
        text +=
            fmt::format("{}: {}; {}", printable(route.name), ledger_text(route.ledger), balance_text(route.ledger));
        if (route.state == "failed") text += "; failed: " + reason_text(route);
        text += "\n";
    }
    write_all(STDOUT_FILENO,
              log_settings_.format == LogFormat::json ? status_json_line(last, status_pace_, phase_) : text);
    if (hurried_) return kStoppedAtOnce;
    if (!is_good) return kFailed;
    if (abandoned_ == 0) return kFine;
    say(Level::warning,
        fmt::format("{} unacknowledged when the drain ended: the broker delivers what is missing again",
                    count_text(abandoned_, "message") + (abandoned_ == 1 ? " was" : " were")));
    return kLeftInFlight;
}

void Run::look(const Snapshot& snapshot) {
    const bool is_due = show_.is_due(snapshot.time);
    if (is_due) pace_.update(snapshot);
    if (!has_table_) {
        log_states(snapshot, is_due);
    } else if (is_due) {
        show_table(snapshot);
    }
    if (status_file_.is_open() && status_.is_due(snapshot.time)) {
        status_pace_.update(snapshot);
        write_status(snapshot);
    }
}

// A disk that is full stops nothing; it is told once, until there is room again.
void Run::write_status(const Snapshot& snapshot) {
    if (!status_file_.is_open()) return;
    const int error = status_file_.write(status_json_line(snapshot, status_pace_, phase_));
    if (error != 0 && !has_lost_status_) {
        say(Level::warning, "--status-json: " + settings_.status_file +
                                " cannot be written: " + std::strerror(error) + "; the routes go on");
    }
    has_lost_status_ = error != 0;
}

void Run::show_table(const Snapshot& snapshot) {
    if (!has_table_) return;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - begin_);
    std::string title =
        fmt::format("leat {}  {}  up {}", Host::version(), printable(settings_.config), age_text(age));
    if (phase_ == std::string_view("draining")) title += "  drains; Ctrl-C stops at once";
    screen_.draw(live_table(snapshot, pace_, title, screen_.size(), Screen::has_colours(STDOUT_FILENO)));
}

// One line for each route whose state has changed, or for `all`.
void Run::log_states(const Snapshot& snapshot, bool all) {
    for (const RouteView& route : snapshot.routes) {
        std::string& told = told_states_[route.name];
        if (!all && told == route.state) continue;
        told = route.state;
        log_.write(Level::info, "route " + route.name, status_line(route, pace_.of(route.name)));
    }
}

std::optional<std::chrono::milliseconds> duration_option(const CommandLine& line, const std::string& name) {
    if (!line.has(name)) return std::nullopt;
    const auto value = parse_duration(line.text(name));
    if (!value || *value == 0ms) {
        throw line.wrong("--" + name + " " + line.text(name) + " is no duration; one is 30s, 250ms or 1m30s");
    }
    return value;
}

void read_log_options(const CommandLine& line, RunSettings& settings) {
    if (line.has("log-format")) {
        settings.log_format = parse_log_format(line.text("log-format"));
        if (!settings.log_format) throw line.wrong("--log-format is text or json, not " + line.text("log-format"));
    }
    if (line.has("log-level")) {
        settings.log_level = parse_level(line.text("log-level"));
        if (!settings.log_level)
            throw line.wrong("--log-level is debug, info, warning or error, not " + line.text("log-level"));
    }
}

constexpr const char* kBelow =
    "How it ends:\n"
    "  SIGTERM, SIGINT   drains: takes no more, waits for what is in flight up to each route's drain_timeout\n"
    "  a second one      stops at once; what is in flight stays unacknowledged and is delivered again\n"
    "  SIGHUP            drains when the terminal has gone; otherwise says that a restart reads the configuration\n"
    "  by itself         when --until-idle is over, or when no route is left that runs (exit code 1)\n"
    "\n"
    "A broker that is away is no failure: the route says so, waits and comes back by itself.\n"
    "At the end the ledger of each route is printed, and whether it balances.\n"
    "\n"
    "Exit codes: 0 drained, nothing in flight; 1 a route failed, or a ledger does not balance; 2 the configuration\n"
    "or the command line is wrong; 3 drained, but not all in time; 130 stopped at once by a second signal.\n";

}  // namespace

int run_command(const Words& words) {
    CommandLine line(
        "run", "CONFIG",
        "Runs the routes of a configuration until a signal ends it. On a terminal it shows a table of the\n"
        "routes; elsewhere it logs one line for each route, regularly and when its state changes.\n"
        "Logs go to stderr.");
    line.word("config");
    line.options()("only", po::value<std::vector<std::string>>()->value_name("ROUTE"),
                   "run this route alone; may be repeated")(
        "until-idle", po::value<std::string>()->value_name("30s"),
        "end when no route has received anything for so long and nothing is in flight, while all brokers were there")(
        "log-format", po::value<std::string>()->value_name("text|json"),
        "lines for people, or JSON lines; by default what the configuration says, else text")(
        "log-level", po::value<std::string>()->value_name("LEVEL"),
        "debug, info, warning or error; by default what the configuration says, else info")(
        "no-table", "log lines on a terminal, too; also for routes that print to it")(
        "status-interval", po::value<std::string>()->value_name("1s"),
        "how often the table (default 1s), the lines (10s) and --status-json (1s) are renewed")(
        "status-json", po::value<std::string>()->value_name("FILE"),
        "write everything known about the routes to FILE, one line of JSON each time");
    line.takes_plugin_dirs();
    line.below(kBelow);
    if (!line.parse(words)) return kFine;

    RunSettings settings;
    settings.config = line.text("config");
    settings.only = line.texts("only");
    settings.plugin_dirs = line.texts("plugin-dir");
    settings.until_idle = duration_option(line, "until-idle");
    settings.interval = duration_option(line, "status-interval");
    settings.no_table = line.has("no-table");
    read_log_options(line, settings);
    settings.status_file = line.text("status-json");
    return Run(std::move(settings)).operate();
}

}  // namespace leat::app
