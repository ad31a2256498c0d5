#include "bench/measure/scene.hpp"

#include "bench/measure/child.hpp"
#include "show/status.hpp"

#include <sys/resource.h>
#include <unistd.h>
#include <leat/host.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

namespace leat::bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

double own_cpu_s() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The figures of generate and console, added up over the routes.
struct Sums {
    uint64_t received = 0, repeated = 0, out_of_order = 0, unstamped = 0, landed = 0, in_flight = 0, ended = 0;
    uint64_t strayed = 0;
    uint64_t begin_ns = 0, end_ns = 0, first_ns = 0, last_ns = 0, running = 0;
    std::string failure;

    explicit Sums(const Snapshot& snapshot) {
        for (const RouteView& route : snapshot.routes) add(route);
    }
    uint64_t different() const { return received - repeated; }
    uint64_t progress() const { return received + landed + in_flight; }

  private:
    static void least(uint64_t& into, uint64_t value) {
        if (value && (into == 0 || value < into)) into = value;
    }
    void add(const RouteView& route) {
        if (route.state == "failed") failure = "route " + route.name + " failed: " + route.why;
        running += route.state == "running" ? 1 : 0;
        landed += route.ledger.landed;
        in_flight += route.ledger.in_flight;
        const LedgerSnapshot& ledger = route.ledger;
        strayed += ledger.filtered + ledger.discarded + ledger.dead_lettered + ledger.returned;
        for (const CounterSnapshot& c : route.counters) {
            if (c.name == "received") received += c.value;
            if (c.name == "repeated") repeated += c.value;
            if (c.name == "out_of_order") out_of_order += c.value;
            if (c.name == "unstamped") unstamped += c.value;
            if (c.name == "begin_ns") least(begin_ns, c.value);
            if (c.name == "first_ns") least(first_ns, c.value);
            if (c.name == "last_ns") last_ns = std::max(last_ns, c.value);
            if (c.name != "end_ns" || c.value == 0) continue;
            end_ns = std::max(end_ns, c.value);
            ++ended;
        }
    }
};

bool is_over(const Scene& scene, const Sums& now, size_t routes) {
    if (!now.failure.empty()) return true;
    if (scene.until_running) return now.running == routes;
    if (scene.held) return now.in_flight >= scene.held;
    return now.ended >= scene.sources && now.different() >= scene.expected;
}

// Looks at the host until the scene is over, or nothing has moved for long. Looking costs little beside what runs.
Sums watch(const Host& host, const Scene& scene) {
    std::this_thread::sleep_for(scene.unwatched);
    uint64_t last = 0;
    auto moved = Clock::now();
    for (;;) {
        const auto begin = Clock::now();
        const Snapshot snapshot = host.snapshot();
        const Sums now(snapshot);
        const auto end = Clock::now();
        if (is_over(scene, now, snapshot.routes.size())) return now;
        if (now.progress() != last) moved = end;
        if (end - moved > scene.patience) return now;
        last = now.progress();
        std::this_thread::sleep_for(std::clamp<Clock::duration>((end - begin) * 50, 1ms, 50ms));
    }
}

// Reads all figures of a host at an interval and makes JSON of them, as `leat run --status-json` does.
class Scraper {
  public:
    Scraper(const Host& host, std::chrono::milliseconds interval) : host_(host) {
        if (interval > 0ms) thread_ = std::thread([this, interval] { read(interval); });
    }
    ~Scraper() {
        is_over_ = true;
        if (thread_.joinable()) thread_.join();
    }

  private:
    void read(std::chrono::milliseconds interval) {
        app::Pace pace;
        std::string line;
        for (auto due = Clock::now() + interval; !is_over_; due += interval) {
            std::this_thread::sleep_until(due);
            const Snapshot snapshot = host_.snapshot();
            pace.update(snapshot);
            line = app::status_json_line(snapshot, pace, "running");
        }
    }

    const Host& host_;
    std::atomic<bool> is_over_ = false;
    std::thread thread_;
};

std::string text_of(const Findings& findings) {
    std::string text;
    for (const Finding& finding : findings.all) {
        if (finding.kind == Finding::Kind::error) text += (text.empty() ? "" : "; ") + finding.text;
    }
    return text;
}

// In the child.
std::string run_here(const Workshop& shop, const Scene& scene, const std::string& config) {
    static std::mutex mutex;
    static std::string errors;
    // Never destroyed: the process ends without it, so that what is held needs not be let go.
    Host& host = *new Host(
        {.plugin_dirs = shop.plugin_dirs(), .log = [&](Level level, const std::string& who, std::string_view what) {
             if (level < Level::error) return;
             const std::lock_guard lock(mutex);
             if (errors.size() < 2000) errors += who + ": " + std::string(what) + "; ";
         }});
    if (const Findings findings = host.load(config); findings.has_errors()) {
        throw std::runtime_error(text_of(findings));
    }
    const double cpu = own_cpu_s();
    const int64_t run_ns = Clock::now().time_since_epoch().count();
    if (!host.run()) throw std::runtime_error("does not run: " + errors);
    std::optional<Scraper> scraper(std::in_place, host, scene.scraped);
    const Sums sums = watch(host, scene);
    scraper.reset();
    const double used = own_cpu_s() - cpu;
    if (!sums.failure.empty()) throw std::runtime_error(sums.failure);
    if (scene.held == 0) host.drain();
    const Json json = {{"received", sums.received},
                       {"repeated", sums.repeated},
                       {"out_of_order", sums.out_of_order},
                       {"unstamped", sums.unstamped},
                       {"landed", sums.landed},
                       {"strayed", sums.strayed},
                       {"run_ns", run_ns},
                       {"begin_ns", sums.begin_ns},
                       {"end_ns", sums.end_ns},
                       {"first_ns", sums.first_ns},
                       {"last_ns", sums.last_ns},
                       {"cpu_s", used}};
    return json.dump();
}

// The same with a stage in front of each route that drops this part. What is lost is not waited for.
Scene losing(Scene scene, double part) {
    for (auto& route : scene.config["routes"]) {
        Json through = Json::array({{{"plugin", "fault"}, {"drop", part}}});
        for (const Json& stage : route.value("through", Json::array())) through.push_back(stage);
        route["through"] = std::move(through);
    }
    scene.patience = 5s;
    return scene;
}

void read_record(const std::string& file, uint64_t skipped, Histogram& into) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    for (size_t at = skipped * sizeof(int64_t); at + sizeof(int64_t) <= bytes.size(); at += sizeof(int64_t)) {
        int64_t ns = 0;
        std::memcpy(&ns, bytes.data() + at, sizeof ns);
        into.record(ns);
    }
    std::filesystem::remove(file);
}

}  // namespace

Workshop::Workshop(std::vector<std::string> plugin_dirs, double lost)
    : lost_(lost), plugin_dirs_(std::move(plugin_dirs)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "leat-bench-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make " + pattern);
    folder_ = pattern;
}

Workshop::~Workshop() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

Audit Observed::audit(uint64_t expected) const {
    const uint64_t good = received - repeated - std::min(unstamped, received - repeated);
    return {std::max(strayed, expected - std::min(expected, good)), out_of_order};
}

Observed observe(const Workshop& shop, const Scene& asked) {
    const Scene scene = shop.lost() > 0 ? losing(asked, shop.lost()) : asked;
    const std::string config = shop.file("scene.json");
    std::ofstream(config) << scene.config.dump(1);
    const Ended ended = in_child([&] { return run_here(shop, scene, config); }, scene.limit);
    Observed seen;
    seen.failure = ended.failure;
    seen.peak_mb = ended.peak_mb;
    if (!seen.failure.empty()) return seen;
    const Json json = Json::parse(ended.output);
    const auto count = [&json](const char* name) { return json.at(name).get<uint64_t>(); };
    const auto time = [&json](const char* name) { return json.at(name).get<int64_t>(); };
    seen.received = count("received");
    seen.repeated = count("repeated");
    seen.out_of_order = count("out_of_order");
    seen.unstamped = count("unstamped");
    seen.landed = count("landed");
    seen.strayed = count("strayed");
    seen.run_ns = time("run_ns");
    seen.begin_ns = time("begin_ns");
    seen.end_ns = time("end_ns");
    seen.first_ns = time("first_ns");
    seen.last_ns = time("last_ns");
    seen.cpu_s = json.at("cpu_s").get<double>();
    for (const std::string& record : scene.records) read_record(record, scene.warm_up, seen.delays);
    return seen;
}

}  // namespace leat::bench
