#include "config/read.hpp"

#include <algorithm>
#include <set>

#include "config/compose/compose.hpp"
#include "config/nearest.hpp"
#include "config/report.hpp"
#include "config/scalar.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

using Words = std::vector<std::string_view>;

template <size_t N>
Words words(const char* const (&list)[N]) {
    return Words(std::begin(list), std::end(list));
}

bool holds(const Words& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

class ModelReader {
  public:
    ModelReader(const Document& document, Model& model, Report& report)
        : document_(document), model_(model), report_(report) {}

    void read() {
        const Node& root = document_.root;
        if (!expect(root, Kind::object)) return;
        refuse_unknown(root, words(kRootKeys));
        read_shards(root);
        read_plugin_path(root.find("plugin_path"));
        read_log(root.find("log"));
        if (const Node* backends = required(root, "backends", Kind::object)) {
            for (const Node& each : backends->children) read_backend(each);
        }
        if (const Node* routes = required(root, "routes", Kind::object)) {
            if (routes->children.empty()) report_.error(*routes, "there is no route");
            for (const Node& each : routes->children) read_route(each);
        }
    }

  private:
    // `shape`: what it looks like, for people who write it for the first time.
    bool expect(const Node& node, Kind kind, std::string_view shape = {}) {
        if (node.kind == kind) return true;
        if (node.unusable) return false;
        report_.error(node, "expected " + std::string(with_article(kind)) +
                                (shape.empty() ? "" : " such as " + std::string(shape)) + ", found " +
                                std::string(with_article(node.kind)));
        return false;
    }

    const Node* required(const Node& object, std::string_view name, Kind kind) {
        const Node* node = object.find(name);
        if (!node) {
            report_.error(object, "\"" + std::string(name) + "\" is missing");
            return nullptr;
        }
        return expect(*node, kind) ? node : nullptr;
    }

    void refuse_unknown(const Node& object, const Words& known) {
        for (const Node& child : object.children) {
            if (!holds(known, child.name))
                report_.error(child, "unknown name " + shown(child.name) + did_you_mean(child.name, known));
        }
    }

    // In a route a name may also be right, but in the wrong place.
    void refuse_unknown_in_route(const Node& route) {
        const Words known = words(kRouteKeys);
        for (const Node& child : route.children) {
            if (holds(known, child.name)) continue;
            const char* place = holds(words(kPolicyKeys), child.name)   ? "on_failure"
                                : holds(words(kSourceKeys), child.name) ? "from"
                                : holds(words(kBranchKeys), child.name) ? "to"
                                                                        : nullptr;
            report_.error(child,
                          "unknown name " + shown(child.name) +
                              (place ? "; it belongs into " + json_quoted(place) : did_you_mean(child.name, known)));
        }
    }

    // Reads a member by one of the functions of scalar.hpp; absent or wrong leaves `into` alone.
    template <class T, class Into>
    void scalar(const Node& object, std::string_view name, std::optional<T> (*convert)(const Node&, std::string&),
                Into& into) {
        const Node* node = object.find(name);
        if (!node || node->unusable) return;
        std::string error;
        if (auto value = convert(*node, error)) {
            into = Into(*value);
        } else {
            report_.error(*node, error);
        }
    }

    uint64_t count(const Node& object, std::string_view name, int64_t low, int64_t high, uint64_t otherwise) {
        int64_t value = static_cast<int64_t>(otherwise);
        const size_t errors = report_.errors();
        scalar(object, name, integer_of, value);
        const Node* node = object.find(name);
        const bool is_wrong = report_.errors() > errors || (node && node->unusable);
        if (!node || is_wrong || (value >= low && value <= high)) return static_cast<uint64_t>(value);
        report_.error(*node, "expected " + std::to_string(low) + " to " + std::to_string(high) + ", found " +
                                 std::to_string(value));
        return otherwise;
    }

    // One of `known`.
    template <class Enum>
    void word(const Node& object, std::string_view name, const Words& known, Enum& into) {
        const Node* node = object.find(name);
        if (!node || node->unusable) return;
        std::string error;
        if (const auto index = word_of(*node, known, error)) {
            into = static_cast<Enum>(*index);
        } else {
            report_.error(*node, error);
        }
    }

    // "; there are in, out", where a backend is to be named.
    std::string backends_in_words(std::string_view name) const {
        std::string list;
        if (name != "backend") return list;
        for (const Backend& backend : model_.backends) list += (list.empty() ? "; there are " : ", ") + backend.name;
        return list;
    }

    std::string name_of(const Node& object, std::string_view name) {
        std::string out;
        if (!object.find(name)) {
            report_.error(object, "\"" + std::string(name) + "\" is missing" + backends_in_words(name));
        } else {
            scalar(object, name, text_of, out);
        }
        return out;
    }

    static Component component(const Node& object, const Words& core) {
        Component out;
        out.at = &object;
        for (const Node& child : object.children) {
            if (!holds(core, child.name)) out.given.push_back(&child);
        }
        return out;
    }

    // A number, or an object that also says where and how they run.
    void read_shards(const Node& root) {
        const Node* node = root.find("shards");
        if (!node || node->kind != Kind::object) {
            model_.shards = static_cast<uint32_t>(count(root, "shards", 1, 256, 0));
            return;
        }
        refuse_unknown(*node, words(kShardKeys));
        model_.shards = static_cast<uint32_t>(count(*node, "count", 1, 256, 0));
        scalar(*node, "busy_poll", boolean_of, model_.busy_poll);
        const Node* cpus = node->find("cpus");
        if (!cpus || !expect(*cpus, Kind::array)) return;
        for (const Node& each : cpus->children) {
            std::string error;
            const auto cpu = each.unusable ? std::optional<int64_t>{} : integer_of(each, error);
            if (cpu && *cpu >= 0 && *cpu < 1024) {
                model_.cpus.push_back(static_cast<uint32_t>(*cpu));
            } else if (cpu || !error.empty()) {
                report_.error(each, cpu ? "expected the number of a CPU, 0 to 1023" : error);
            }
        }
    }

    void read_plugin_path(const Node* node) {
        if (!node) return;
        const auto add = [&](const Node& each) {
            std::string error;
            const auto text = each.unusable ? std::optional<std::string>{} : text_of(each, error);
            if (text) {
                model_.plugin_path.push_back(
                    std::filesystem::absolute(each.document->folder / *text).lexically_normal());
            } else if (!error.empty()) {
                report_.error(each, error);
            }
        };
        if (node->kind == Kind::array) {
            for (const Node& each : node->children) add(each);
        } else {
            add(*node);
        }
    }

    void read_log(const Node* node) {
        if (!node || !expect(*node, Kind::object)) return;
        refuse_unknown(*node, {"level", "format"});
        if (node->find("level"))
            word(*node, "level", {"debug", "info", "warning", "error"}, model_.log_level.emplace(LogLevel::info));
        if (node->find("format"))
            word(*node, "format", {"auto", "text", "json"}, model_.log_format.emplace(LogFormat::automatic));
    }

    // Names go into client ids, group names, metrics and file names.
    void check_name(const Node& node, std::string_view what) {
        const bool plain = !node.name.empty() && node.name.size() <= 100 &&
                           std::all_of(node.name.begin(), node.name.end(), [](char c) {
                               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                      c == '_' || c == '-' || c == '.';
                           });
        if (!plain)
            report_.error(node, "the name of a " + std::string(what) +
                                    " is made of 1 to 100 letters, digits, '_', '-' and '.'");
    }

    void read_backend(const Node& node) {
        check_name(node, "backend");
        if (!expect(node, Kind::object, "{ \"plugin\": \"kafka\", ... }")) return;
        Backend backend;
        backend.name = node.name;
        backend.plugin = name_of(node, "plugin");
        backend.component = component(node, words(kBackendKeys));
        if (!model_.find_backend(node.name)) model_.backends.push_back(std::move(backend));
    }

    void read_route(const Node& node) {
        check_name(node, "route");
        if (!expect(node, Kind::object, "{ \"from\": { ... }, \"to\": { ... } }")) return;
        refuse_unknown_in_route(node);
        Route route;
        route.name = node.name;
        route.at = &node;
        names_.clear();
        if (const Node* from = required(node, "from", Kind::object)) read_source(*from, route.from);
        read_stages(node.find("through"), route.through);
        if (const Node* to = node.find("to")) {
            read_branches(*to, route.branches);
        } else {
            report_.error(node, "\"to\" is missing");
        }
        word(node, "match", {"all", "first"}, route.match);
        if (const Node* policy = node.find("on_failure")) route.on_failure = read_policy(*policy);
        word(node, "ack", {"on_delivery", "on_arrival", "manual", "never"}, route.ack);
        word(node, "ordering", {"lane", "strict", "none"}, route.ordering);
        route.parallel = static_cast<uint32_t>(count(node, "parallel", 1, 256, 1));
        scalar(node, "drain_timeout", duration_of, route.drain_timeout);
        model_.routes.push_back(std::move(route));
    }

    void read_source(const Node& node, Source& source) {
        source.backend = name_of(node, "backend");
        source.component = component(node, words(kSourceKeys));
        source.max_in_flight = count(node, "max_in_flight", 1, 1 << 20, 0);
        std::optional<uint64_t> bytes;
        scalar(node, "max_in_flight_bytes", size_of, bytes);
        source.max_in_flight_bytes = bytes.value_or(0);
        if (bytes && *bytes == 0) {
            report_.error(*node.find("max_in_flight_bytes"), "expected a size greater than zero, such as \"64MiB\"");
        }
        source.lane.at = node.find("lane");
    }

    void read_stages(const Node* node, std::vector<Stage>& stages) {
        if (!node || !expect(*node, Kind::array, "[{ \"plugin\": \"filter\", ... }]")) return;
        for (const Node& each : node->children) {
            if (!expect(each, Kind::object, "{ \"plugin\": \"filter\", ... }")) continue;
            Stage stage;
            stage.plugin = name_of(each, "plugin");
            scalar(each, "name", text_of, stage.name);
            stage.component = component(each, words(kStageKeys));
            name_stage(each, stage);
            stages.push_back(std::move(stage));
        }
    }

    // A stage without a name is called as its plugin, with a number when that is taken. Names are those of steps: a
    // dead letter says by them where it failed, and goes back there.
    void name_stage(const Node& node, Stage& stage) {
        if (const Node* name = node.find("name")) {
            if (stage.name == "to" || stage.name.starts_with("to[")) {
                report_.error(*name, shown(stage.name) + " is what sinks are called; choose another name");
            } else if (!names_.insert(stage.name).second) {
                report_.error(*name, "another stage before it is called " + shown(stage.name));
            }
            return;
        }
        stage.name = stage.plugin;
        for (int n = 2; !names_.insert(stage.name).second; ++n) stage.name = stage.plugin + "#" + std::to_string(n);
    }

    void read_branches(const Node& node, std::vector<Branch>& branches) {
        if (node.kind == Kind::object) {
            read_branch(node, "to", branches);
            return;
        }
        if (node.kind != Kind::array) {
            report_.error(node, "expected a sink (an object) or a list of branches, found " +
                                    std::string(with_article(node.kind)));
            return;
        }
        if (node.children.empty()) report_.error(node, "there is no branch");
        for (const Node& each : node.children) {
            if (expect(each, Kind::object, "{ \"backend\": ..., ... }"))
                read_branch(each, "to[" + std::to_string(each.index) + "]", branches);
        }
    }

    void read_branch(const Node& node, std::string step, std::vector<Branch>& branches) {
        Branch branch;
        branch.step = std::move(step);
        branch.at = &node;
        branch.condition.at = node.find("if");
        read_stages(node.find("through"), branch.through);
        branch.sink = read_sink(node, words(kBranchKeys));
        if (const Node* policy = node.find("on_failure")) branch.on_failure = read_policy(*policy);
        if (const Node* best_effort = node.find("best_effort")) {
            read_best_effort(*best_effort, branch.best_effort.emplace());
        }
        branches.push_back(std::move(branch));
    }

    void read_best_effort(const Node& node, BestEffort& into) {
        if (!expect(node, Kind::object)) return;
        refuse_unknown(node, words(kBestEffortKeys));
        if (!node.find("queue")) report_.error(node, "\"queue\" is missing: how many messages may wait");
        into.queue = count(node, "queue", 1, 1 << 24, 1);
        word(node, "drop", {"newest", "oldest"}, into.drop);
    }

    Sink read_sink(const Node& node, const Words& core) {
        Sink sink;
        sink.backend = name_of(node, "backend");
        sink.component = component(node, core);
        if (const Node* headers = node.find("headers"); headers && expect(*headers, Kind::object)) {
            for (const Node& each : headers->children) sink.headers.push_back({each.name, {&each, nullptr}});
        }
        if (node.find("max_age")) scalar(node, "max_age", duration_of, sink.max_age.emplace());
        return sink;
    }

    Policy read_policy(const Node& node) {
        Policy policy;
        policy.at = &node;
        if (!expect(node, Kind::object, "{ \"attempts\": 8, \"dead_letter\": { ... } }")) return policy;
        refuse_unknown(node, words(kPolicyKeys));
        policy.attempts = count(node, "attempts", 0, INT32_MAX, 0);
        scalar(node, "delay", duration_of, policy.delay);
        if (!node.find("max_delay")) policy.max_delay = std::max(policy.max_delay, policy.delay);
        scalar(node, "max_delay", duration_of, policy.max_delay);
        if (policy.max_delay < policy.delay) report_.error(node, "\"max_delay\" is shorter than \"delay\"");
        if (const Node* sink = node.find("dead_letter");
            sink && expect(*sink, Kind::object, "{ \"backend\": ..., ... }")) {
            policy.dead_letter = read_sink(*sink, words(kSinkKeys));
        }
        scalar(node, "max_age", duration_of, policy.max_age);
        scalar(node, "timeout", duration_of, policy.timeout);
        word(node, "then", {"stop", "discard", "source"}, policy.then);
        if (policy.dead_letter && node.find("then")) {
            report_.warning(*node.find("then"), "\"then\" has no effect beside \"dead_letter\"");
        }
        return policy;
    }

    const Document& document_;
    Model& model_;
    Report& report_;
    std::set<std::string> names_;  // of the stages of the route at hand
};

}  // namespace

std::unique_ptr<Model> read_configuration(const std::filesystem::path& file, Report& report) {
    auto document = load(file, report);
    if (!document) return nullptr;
    return read_composed(compose(std::move(document), process_environment(), load, report), report);
}

std::unique_ptr<Model> read_model(std::unique_ptr<Document> document, const Environment& environment,
                                  Report& report) {
    return read_composed(compose(std::move(document), environment, nullptr, report), report);
}

std::unique_ptr<Model> read_composed(std::unique_ptr<Document> document, Report& report) {
    auto model = std::make_unique<Model>();
    ModelReader(*document, *model, report).read();
    model->document = std::move(document);
    return model;
}

}  // namespace leat::config
