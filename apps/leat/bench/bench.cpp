// `leat bench`: what Leat costs on this machine, beside what the same work costs without it.
#include "bench/figures/merge.hpp"
#include "bench/figures/result_json.hpp"
#include "bench/measure/machine.hpp"
#include "bench/options.hpp"
#include "bench/report/html.hpp"
#include "bench/report/output.hpp"
#include "bench/report/table.hpp"
#include "commands.hpp"
#include "logging.hpp"
#include "process/exit_codes.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <leat/host.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

namespace leat::app {
namespace {

using namespace leat::bench;
using BenchReport = leat::bench::Report;

std::set<std::string> stages_of(const Options& options) {
    Host host(quiet_host_settings(options.plugin_dirs));
    std::vector<std::string> refusals;
    std::set<std::string> stages;
    for (const PluginView& plugin : host.plugins(refusals)) {
        if (plugin.kind == "stage") stages.insert(plugin.name);
    }
    return stages;
}

bool is_wanted(const Case& c, const std::string& word) {
    return c.frame.id == word || c.frame.id.starts_with(word + "/");
}

Cases chosen_cases(const Bench& bench, const Options& options) {
    Cases all;
    add_memory_cases(bench, all);
    add_route_cases(bench, all);
    add_feature_cases(bench, all);
    add_process_cases(bench, all);
    for (const Broker& broker : options.brokers) add_broker_cases(bench, broker, options.ceilings, all);
    // One category stands together, whatever it was measured with.
    std::stable_sort(all.begin(), all.end(), [](const Case& a, const Case& b) {
        static const std::vector<std::string> kOrder = {"publish",     "consume",  "ack",     "routes", "plugin_call",
                                                        "concurrency", "features", "startup", "memory"};
        const auto place = [](const Case& c) { return std::find(kOrder.begin(), kOrder.end(), c.frame.category); };
        return place(a) < place(b);
    });
    for (const std::string& word : options.wanted) {
        if (std::none_of(all.begin(), all.end(), [&word](const Case& c) { return is_wanted(c, word); })) {
            throw UsageError("bench", "there is no category \"" + word + "\"; --list shows what there is");
        }
    }
    if (options.wanted.empty()) return all;
    std::erase_if(all, [&options](const Case& c) {
        return std::none_of(options.wanted.begin(), options.wanted.end(),
                            [&c](const std::string& word) { return is_wanted(c, word); });
    });
    return all;
}

// What a stage or a policy adds is told in words, too: in CPU time, which a busy machine changes least.
void tell_added(Result& r) {
    if (r.category != "features" || r.has_failed() || !r.ceiling || !r.cpu_us || !r.ceiling->cpu_us) return;
    r.note = fmt::format("{:+.1f} ns of CPU each", (*r.cpu_us - *r.ceiling->cpu_us) * 1e3);
}

BenchReport run_all(const Cases& cases, const Effort& effort, std::optional<double> at_most_s) {
    const auto begin = std::chrono::steady_clock::now();
    BenchReport report;
    report.machine = machine();
    const bool shows = isatty(STDERR_FILENO) != 0;
    for (size_t i = 0; i < cases.size(); ++i) {
        const std::chrono::duration<double> so_far = std::chrono::steady_clock::now() - begin;
        if (at_most_s && so_far.count() > *at_most_s) {
            std::printf("left out for want of time: %zu of %zu, from %s on\n", cases.size() - i, cases.size(),
                        cases[i].frame.id.c_str());
            break;
        }
        if (shows) std::fprintf(stderr, "\r\x1b[K[%zu/%zu] %s", i + 1, cases.size(), cases[i].frame.id.c_str());
        report.results.push_back(leat::bench::measure(cases[i], effort.rounds));
        tell_added(report.results.back());
    }
    if (shows) std::fprintf(stderr, "\r\x1b[K");
    return report;
}

// Each that can be written is, whatever becomes of the others. False: one could not be.
bool write_all(const Options& options, const BenchReport& report, const BenchReport* baseline) {
    bool is_whole = true;
    const auto write = [&is_whole](const std::string& file, const std::string& text) {
        try {
            write_file(file, text);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "leat bench: %s\n", error.what());
            is_whole = false;
        }
    };
    if (!options.json.empty()) write(options.json, report_text(report));
    if (!options.html.empty()) write(options.html, page(report, baseline, options.baseline, options.flames));
    return is_whole;
}

void warn_of_machine(const BenchReport& report, const BenchReport& other, const std::string& file) {
    const std::string changes = machine_changes(report, other);
    if (!changes.empty()) {
        std::fprintf(stderr, "leat bench: %s was measured elsewhere: %s\n", file.c_str(), changes.c_str());
    }
}

int bench(const Options& options) {
    // Before minutes have gone by.
    for (const std::string& file : {options.json, options.html}) {
        if (const std::string why = file.empty() ? "" : obstacle(file); !why.empty()) throw UsageError("bench", why);
    }
    std::optional<BenchReport> before;
    if (!options.baseline.empty()) before = read_report(options.baseline);
    std::vector<BenchReport> others;
    for (const std::string& file : options.with) others.push_back(read_report(file));

    const Workshop shop(options.plugin_dirs, options.lost);
    const Bench bench{shop, options.effort, stages_of(options)};
    const Cases cases = chosen_cases(bench, options);
    if (options.only_lists) {
        for (const Case& c : cases) std::printf("%-38s %s\n", c.frame.id.c_str(), c.frame.title.c_str());
        return kFine;
    }
    BenchReport report = run_all(cases, options.effort, options.at_most);
    for (size_t i = 0; i < others.size(); ++i) {
        warn_of_machine(report, others[i], options.with[i]);
        merge(report, std::move(others[i]));
    }
    const BenchReport* baseline = before ? &*before : nullptr;
    std::printf("%s", table(report, baseline).c_str());
    if (const std::string text = goals(report); !text.empty()) std::printf("\n%s", text.c_str());
    std::printf("\n%s\n", durations(report).c_str());
    if (baseline) warn_of_machine(report, *baseline, options.baseline);
    const bool failed =
        !write_all(options, report, baseline) ||
        std::any_of(report.results.begin(), report.results.end(), [](const Result& r) { return r.has_failed(); });
    return failed ? kFailed : kFine;
}

}  // namespace

int bench_command(const Words& words) {
    const std::optional<Options> options = read_options(words);
    if (!options) return kFine;
    try {
        return bench(*options);
    } catch (const BadReport& error) {
        std::fprintf(stderr, "leat bench: %s\n", error.what());
        return kWrong;
    }
}

}  // namespace leat::app
