#include <leat/host.hpp>

#include "backends.hpp"
#include "checks.hpp"
#include "config/describe.hpp"
#include "config/nearest.hpp"
#include "config/read.hpp"
#include "config/redrive.hpp"
#include "config/report.hpp"
#include "config/resolved.hpp"
#include "config/schema.hpp"
#include "config/validate.hpp"
#include "loader/catalogue.hpp"
#include "loader/search_path.hpp"
#include "redrive.hpp"
#include "route/board.hpp"
#include "route/route.hpp"
#include "runtime/shard.hpp"
#include "try.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace leat {
namespace {

Level level_of(uint32_t level) {
    switch (level) {
        case LEAT_LOG_DEBUG:
            return Level::debug;
        case LEAT_LOG_INFO:
            return Level::info;
        case LEAT_LOG_WARNING:
            return Level::warning;
        default:
            return Level::error;
    }
}

Latency latency_of(const runtime::HistogramReading& reading) {
    return {reading.percentile(50), reading.percentile(90), reading.percentile(99), reading.percentile(99.9),
            reading.total};
}

RouteView view_of(route::RouteSnapshot&& s) {
    RouteView view;
    view.name = std::move(s.name);
    view.state = route::word(s.state);
    view.why = std::move(s.why);
    view.since = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - s.since);
    const route::Ledger& l = s.ledger;
    view.ledger = {l.received, l.landed, l.filtered, l.discarded, l.dead_lettered, l.returned, l.in_flight};
    view.span = s.span;
    view.bytes = s.bytes;
    view.retries = s.retries;
    view.waiting = s.waiting;
    view.stale = s.stale;
    view.latency = latency_of(s.latency);
    for (const auto& step : s.steps) {
        view.steps.push_back({step.name, step.retries, step.waiting, latency_of(step.latency)});
    }
    for (auto& c : s.counters) {
        view.counters.push_back(
            {std::move(c.component), std::move(c.name), std::move(c.description), c.kind == LEAT_GAUGE, c.value});
    }
    return view;
}

Findings findings_of(const config::Report& report, bool only_errors = false) {
    Findings findings;
    for (const config::Finding& finding : report.sorted()) {
        const bool is_error = finding.severity == config::Severity::error;
        if (only_errors && !is_error) continue;
        findings.all.push_back({is_error ? Finding::Kind::error : Finding::Kind::warning, config::format(finding)});
    }
    return findings;
}

}  // namespace

bool Findings::has_errors() const {
    return std::any_of(all.begin(), all.end(), [](const Finding& f) { return f.kind == Finding::Kind::error; });
}

/// A shard with the parts that its routes share.
struct ShardRoom {
    ShardRoom(uint32_t number, runtime::ShardSettings settings) : shard(number, settings) {}
    runtime::Shard shard;
    route::Parts parts;
};

struct Host::Inside {
    explicit Inside(HostSettings s) : settings(std::move(s)), catalogue(loader::search_path(settings.plugin_dirs)) {
        log = [this](uint32_t level, const std::string& component, std::string_view text) {
            if (settings.log) settings.log(level_of(level), component, text);
        };
        reread = [this](const leat_value& value, std::string& into) { return read_again(value, into); };
    }

    config::Plugins lookup();
    Findings load(const std::string& path, bool makes_stages);
    void validate(config::Report& report);
    bool read_again(const leat_value& value, std::string& into) const;
    const config::Rereadable* rereadable(const leat_value& value) const;
    std::string make_rooms(uint32_t shards);
    std::vector<RouteView> views_of(std::vector<route::RouteSnapshot> snapshots) const;

    HostSettings settings;
    loader::Catalogue catalogue;
    runtime::Log log;
    runtime::Reread reread;
    std::unique_ptr<config::Model> model;
    std::shared_ptr<const route::RedrivePlan> redrive;  // of load_redrive
    std::vector<route::RoutePlan> plans;
    std::unique_ptr<Backends> backends;
    std::vector<std::unique_ptr<ShardRoom>> rooms;
    std::vector<std::pair<ShardRoom*, std::unique_ptr<route::Route>>> routes;
    route::Board board;
    mutable std::mutex mutex;  // snapshot() and hurry() of other threads against the end of drain()
    std::atomic<bool> is_running{false};
    std::vector<RouteView> last;  // as it was when everything had stopped
};

config::Plugins Host::Inside::lookup() {
    config::Plugins plugins;
    plugins.find = [this](const std::string& name) { return catalogue.find(name); };
    plugins.names = [this](uint32_t kind) {
        std::vector<std::string> names;
        for (const auto& [name, entry] : catalogue.all()) {
            if (entry.descriptor->kind == kind) names.push_back(name);
        }
        return names;
    };
    plugins.why_not = [this](const std::string&) {
        std::string all;
        for (const std::string& refusal : catalogue.refusals()) all += (all.empty() ? "" : "; ") + refusal;
        return all;
    };
    return plugins;
}

// Every option set of the model, until one knows the value.
const config::Rereadable* Host::Inside::rereadable(const leat_value& value) const {
    if (!model) return nullptr;
    const auto of = [&](const config::Component& c) { return c.options ? c.options->rereadable(value) : nullptr; };
    for (const auto& backend : model->backends) {
        if (const auto* found = of(backend.component)) return found;
    }
    const auto of_stages = [&](const std::vector<config::Stage>& stages) -> const config::Rereadable* {
        for (const auto& stage : stages) {
            if (const auto* found = of(stage.component)) return found;
        }
        return nullptr;
    };
    for (const auto& route : model->routes) {
        if (const auto* found = of(route.from.component)) return found;
        if (const auto* found = of_stages(route.through)) return found;
        for (const auto& branch : route.branches) {
            if (const auto* found = of_stages(branch.through)) return found;
            if (const auto* found = of(branch.sink.component)) return found;
        }
    }
    return nullptr;
}

bool Host::Inside::read_again(const leat_value& value, std::string& into) const {
    const config::Rereadable* source = rereadable(value);
    if (!source) return true;  // `into` holds the value as it was loaded
    std::string error;
    const std::optional<std::string> now = source->read(error);
    into = now ? *now : error;
    return now.has_value();
}

Host::Host(HostSettings settings) : inside_(std::make_unique<Inside>(std::move(settings))) {}

Host::~Host() { drain(); }

const char* Host::version() { return LEAT_VERSION; }

void Host::Inside::validate(config::Report& report) {
    std::vector<std::string> directories = settings.plugin_dirs;
    for (const auto& more : model->plugin_path) {
        directories.push_back(more.string());
        std::error_code unreadable;
        if (std::filesystem::is_directory(more, unreadable)) continue;
        report.warning(*model->document->root.find("plugin_path"), "there is no folder " + more.string());
    }
    catalogue = loader::Catalogue(loader::search_path(directories));
    config::validate(*model, lookup(), report);
}

Findings Host::Inside::load(const std::string& path, bool makes_stages) {
    config::Report report(path);
    model = config::read_configuration(path, report);
    if (model) {
        validate(report);
        check_with_plugins(*model, log, reread, report);
        if (makes_stages) make_stages(*model, reread, report);
    }
    if (report.has_errors()) model.reset();
    return findings_of(report);
}

Findings Host::load(const std::string& path) { return inside_->load(path, false); }

Findings Host::check(const std::string& path) { return inside_->load(path, true); }

Findings Host::load_redrive(const std::string& path, const RedriveSettings& settings) {
    config::Report report(path);
    auto& in = *inside_;
    in.model = config::read_configuration(path, report);
    if (in.model) in.validate(report);
    std::string wrong;
    if (in.model && !report.has_errors()) {
        in.redrive = plan_redrive(*in.model, settings, wrong);
        auto document =
            config::redrive_document(std::move(*in.model), {settings.route, settings.branch, settings.from}, report);
        in.model = document ? config::read_composed(std::move(document), report) : nullptr;
        if (in.model) config::validate(*in.model, in.lookup(), report);
    }
    if (report.has_errors() || !wrong.empty()) in.model.reset();
    Findings findings = findings_of(report, true);
    if (!wrong.empty()) findings.all.push_back({Finding::Kind::error, wrong});
    return findings;
}

Findings Host::probe() {
    if (!inside_->model) return {};
    return probe_with_plugins(*inside_->model, inside_->log, inside_->reread);
}

std::string Host::resolved() const {
    return inside_->model ? config::print_resolved(*inside_->model) : std::string();
}

std::vector<std::string> Host::route_names() const {
    std::vector<std::string> names;
    if (inside_->model) {
        for (const auto& route : inside_->model->routes) names.push_back(route.name);
    }
    return names;
}

// Why there are not as many as are asked for; empty when there are.
std::string Host::Inside::make_rooms(uint32_t shards) {
    runtime::ShardSettings each;
    each.busy_poll = model->busy_poll;
    try {
        for (uint32_t i = 0; i < shards; ++i) {
            if (const auto& cpus = model->cpus; !cpus.empty()) each.cpu = cpus[i % cpus.size()];
            rooms.push_back(std::make_unique<ShardRoom>(i, each));
        }
    } catch (const std::system_error& error) {
        return std::string(error.what()) + "; this is number " + std::to_string(rooms.size() + 1) + " of " +
               std::to_string(shards) + (error.code() == std::errc::too_many_files_open ? ": see ulimit -n" : "");
    }
    return {};
}

bool Host::run(const std::vector<std::string>& only) {
    auto& in = *inside_;
    if (!in.model || in.is_running) return false;
    const auto names = route_names();
    for (const std::string& name : only) {
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        in.log(LEAT_LOG_ERROR, "leat", "there is no route \"" + name + "\"");
        return false;
    }
    const uint32_t replicas = static_cast<uint32_t>(route::plan_routes(*in.model, only, 1).size());
    const uint32_t cores = std::max(1u, std::thread::hardware_concurrency());
    const uint32_t shards = in.model->shards ? in.model->shards : std::max(1u, std::min(cores, replicas));
    in.plans = route::plan_routes(*in.model, only, shards);
    for (route::RoutePlan& plan : in.plans) plan.redrive = in.redrive;
    in.backends = std::make_unique<Backends>(in.log, in.reread);
    for (const config::Backend& backend : in.model->backends) {
        const std::string error =
            in.backends->add({backend.name, backend.component.descriptor, backend.component.options->values()});
        if (error.empty()) continue;
        in.log(LEAT_LOG_ERROR, "leat", error);
        in.backends.reset();
        return false;
    }
    if (const std::string error = in.make_rooms(shards); !error.empty()) {
        in.log(LEAT_LOG_ERROR, "leat", error);
        in.rooms.clear();
        in.backends.reset();
        return false;
    }
    for (const route::RoutePlan& plan : in.plans) {
        ShardRoom* room = in.rooms[plan.shard].get();
        in.routes.emplace_back(room,
                               std::make_unique<route::Route>(plan, *in.backends, room->parts, room->shard, in.log));
        in.board.put(room->shard, *in.routes.back().second);
    }
    for (auto& room : in.rooms) {
        if (const std::string why = room->shard.run(); !why.empty()) in.log(LEAT_LOG_WARNING, "leat", why);
    }
    // All are built before any starts: what a source of one is to see may come from a sink of another.
    for (auto& [room, route] : in.routes) room->shard.call([r = route.get()] { r->build(); });
    for (auto& [room, route] : in.routes) room->shard.post([r = route.get()] { r->start(); });
    in.is_running = true;
    return true;
}

void Host::drain() {
    auto& in = *inside_;
    if (!in.is_running) return;
    std::vector<std::promise<void>> done(in.routes.size());
    for (size_t i = 0; i < in.routes.size(); ++i) {
        auto& [room, route] = in.routes[i];
        room->shard.post([r = route.get(), d = &done[i]] { r->drain([d] { d->set_value(); }); });
    }
    for (auto& d : done) d.get_future().wait();
    const std::lock_guard lock(in.mutex);
    in.last = in.views_of(in.board.look_finally());
    in.is_running = false;
    for (auto& room : in.rooms) room->shard.end();
    const bool has_leaked =
        std::any_of(in.routes.begin(), in.routes.end(), [](const auto& r) { return r.second->has_leaked(); });
    if (has_leaked) {  // what was left alone may still use them
        for (auto& [room, route] : in.routes) (void)route.release();
        (void)in.backends.release();
        for (auto& room : in.rooms) (void)room.release();
    }
    in.board.clear();
    in.routes.clear();
    in.backends.reset();
    in.rooms.clear();
}

void Host::hurry() {
    const std::lock_guard lock(inside_->mutex);
    if (!inside_->is_running) return;
    for (auto& [room, route] : inside_->routes) room->shard.post([r = route.get()] { r->hurry(); });
}

std::vector<RouteView> Host::Inside::views_of(std::vector<route::RouteSnapshot> snapshots) const {
    std::vector<RouteView> views;
    for (route::RouteSnapshot& snapshot : snapshots) {
        RouteView& view = views.emplace_back(view_of(std::move(snapshot)));
        const auto plan =
            std::find_if(plans.begin(), plans.end(), [&](const auto& p) { return p.name == view.name; });
        view.replicas = plan->replicas;
        view.max_in_flight = plan->max_in_flight;
    }
    return views;
}

Snapshot Host::snapshot() const {
    Snapshot snapshot;
    snapshot.time = std::chrono::steady_clock::now();
    const std::lock_guard lock(inside_->mutex);
    snapshot.routes = inside_->is_running ? inside_->views_of(inside_->board.look()) : inside_->last;
    return snapshot;
}

std::vector<TryResult> Host::try_messages(const std::string& route, const std::vector<TryMessage>& messages,
                                          std::string& error) {
    auto& in = *inside_;
    if (!in.model) {
        error = "no configuration is loaded";
        return {};
    }
    const auto plans = route::plan_routes(*in.model, {route}, 1);
    if (plans.empty()) {
        error = "there is no route \"" + route + "\"";
        return {};
    }
    return try_route(plans.front(), messages, in.log, in.reread, error);
}

std::vector<PluginView> Host::plugins(std::vector<std::string>& refusals) {
    std::vector<PluginView> views;
    for (const auto& [name, entry] : inside_->catalogue.all()) {
        const leat_descriptor& d = *entry.descriptor;
        views.push_back({name, d.kind == LEAT_KIND_BACKEND ? "backend" : "stage", d.version, d.summary, entry.path});
    }
    refusals = inside_->catalogue.refusals();
    return views;
}

std::optional<std::string> Host::describe(const std::string& plugin, bool as_markdown, std::string& nearest) {
    if (const leat_descriptor* d = inside_->catalogue.find(plugin)) {
        return as_markdown ? config::describe_markdown(*d) : config::describe_text(*d);
    }
    std::vector<std::string_view> names;
    names.reserve(inside_->catalogue.all().size());
    for (const auto& [name, entry] : inside_->catalogue.all()) names.push_back(name);
    nearest = config::nearest(plugin, names);
    return std::nullopt;
}

std::string Host::schema() {
    std::vector<const leat_descriptor*> all;
    for (const auto& [name, entry] : inside_->catalogue.all()) all.push_back(entry.descriptor);
    return config::json_schema(all);
}

}  // namespace leat
