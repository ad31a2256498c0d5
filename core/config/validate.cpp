#include "config/validate.hpp"

#include <algorithm>
#include <set>

#include "config/nearest.hpp"
#include "config/option_reader.hpp"
#include "config/read.hpp"
#include "config/report.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

using Words = std::vector<std::string_view>;
using expression::Surroundings;

constexpr uint64_t kDefaultMaxInFlight = 1000;
constexpr uint64_t kDefaultMaxInFlightBytes = 64 * 1024 * 1024;

template <size_t N>
Words words(const char* const (&list)[N]) {
    return Words(std::begin(list), std::end(list));
}

// The member that names a plugin or backend, or the object itself when it is missing.
const Node& member_or_self(const Component& component, std::string_view name) {
    const Node* member = component.at->find(name);
    return member ? *member : *component.at;
}

class Validator {
  public:
    Validator(Model& model, const Plugins& plugins, Report& report)
        : model_(model), plugins_(plugins), report_(report) {}

    void run() {
        for (Backend& backend : model_.backends) {
            backend.component.descriptor = descriptor(backend.plugin, LEAT_KIND_BACKEND, backend.component);
            if (const leat_descriptor* d = backend.component.descriptor) {
                read_options(backend.component, d->options, backend.plugin, words(kBackendKeys), Surroundings{});
            }
        }
        for (Route& route : model_.routes) check_route(route);
        for (const Backend& backend : model_.backends) {
            // After an error it may be the error that keeps it from being used.
            if (!report_.has_errors() && !used_.count(backend.name))
                report_.warning(*backend.component.at, "no route uses this backend");
        }
    }

  private:
    // The plugin's descriptor, of the kind that its place asks for; null and an error otherwise.
    const leat_descriptor* descriptor(const std::string& plugin, uint32_t kind, const Component& component) {
        if (plugin.empty()) return nullptr;  // reported by the reader
        const Node& where = member_or_self(component, "plugin");
        const leat_descriptor* found = plugins_.find(plugin);
        const bool wants_backend = kind == LEAT_KIND_BACKEND;
        if (!found) {
            const auto names = plugins_.names ? plugins_.names(kind) : std::vector<std::string>{};
            const std::string why = plugins_.why_not ? plugins_.why_not(plugin) : std::string{};
            report_.error(where, "there is no plugin " + shown(plugin) + (why.empty() ? "" : ": " + why) +
                                     did_you_mean(plugin, Words(names.begin(), names.end())));
            return nullptr;
        }
        if (found->kind == kind) return found;
        report_.error(where, shown(plugin) + (wants_backend ? " is a stage; it belongs into \"through\""
                                                            : " is a backend, not a stage"));
        return nullptr;
    }

    void read_options(Component& component, const leat_option* const* declared, std::string_view whose,
                      const Words& core, const Surroundings& around) {
        const size_t errors = report_.errors();
        component.options = OptionReader(around, report_).read(declared, component.given, *component.at, whose, core);
        component.is_right = report_.errors() == errors;
    }

    // Fills in what a source or sink is made by; null and an error when its backend does not exist or has none.
    const Backend* use(const std::string& name, Component& component) {
        if (name.empty()) return nullptr;
        const Node& where = member_or_self(component, "backend");
        const Backend* backend = model_.find_backend(name);
        if (!backend) {
            Words names;
            for (const Backend& each : model_.backends) names.push_back(each.name);
            std::string meant = did_you_mean(name, names);
            if (meant.empty()) {
                for (const auto& each : names) meant += (meant.empty() ? "; there are " : ", ") + std::string(each);
            }
            report_.error(where, "there is no backend " + shown(name) + meant);
            return nullptr;
        }
        used_.insert(name);
        component.descriptor = backend->component.descriptor;
        return component.descriptor ? backend : nullptr;
    }

    void check_route(Route& route) {
        Surroundings around{'.', route.name};
        check_source(route, around);
        check_stages(route.through, route, around);
        for (Branch& branch : route.branches) {
            if (branch.condition.at)
                branch.condition.compiled = compile_condition(*branch.condition.at, around, report_);
            check_stages(branch.through, route, around);
            check_sink(branch.sink, words(kBranchKeys), around);
            if (branch.on_failure) check_policy(*branch.on_failure, route, around);
        }
        check_policy(route.on_failure, route, around);
        check_unreachable(route);
        check_ack(route);
    }

    static const Node& member_of(const Route& route, std::string_view name) {
        const Node* member = route.at->find(name);
        return member ? *member : *route.at;
    }

    void check_ack(const Route& route) {
        const Node& at = member_of(route, "ack");
        const leat_descriptor* source = route.from.component.descriptor;
        if (route.ack == Ack::on_arrival) {
            report_.warning(
                at, "\"ack\": \"on_arrival\" acknowledges messages before they have landed: a crash loses them");
        } else if (route.ack == Ack::never && source && !(source->flags & LEAT_SOURCE_NO_COMMIT)) {
            report_.error(at, "\"never\" needs a source that can go on without acknowledging, which " +
                                  shown(source->name) + " cannot");
        }
        std::vector<const Stage*> settling;
        const auto look = [&](const std::vector<Stage>& stages) {
            for (const Stage& stage : stages) {
                const leat_descriptor* d = stage.component.descriptor;
                if (d && (d->flags & LEAT_STAGE_SETTLES)) settling.push_back(&stage);
            }
        };
        look(route.through);
        for (const Branch& branch : route.branches) look(branch.through);
        if (route.ack != Ack::manual) {
            for (const Stage* stage : settling) {
                report_.error(*stage->component.at,
                              shown(stage->plugin) + " acknowledges messages itself; it needs \"ack\": \"manual\"");
            }
        } else if (settling.empty()) {
            report_.error(at, "\"manual\" needs a stage that acknowledges messages itself; there is none");
        } else {
            report_.warning(at,
                            shown(settling.front()->name) +
                                " acknowledges messages itself, with \"ack\": \"manual\": what it has acknowledged "
                                "and is still under way is lost in a crash");
        }
    }

    void check_source(Route& route, Surroundings& around) {
        Source& from = route.from;
        if (!from.component.at) return;
        const Backend* backend = use(from.backend, from.component);
        if (backend) {
            const leat_descriptor& d = *from.component.descriptor;
            if (d.topic_separator != 0) around.separator = static_cast<char>(d.topic_separator);
            if (d.source_options) {
                read_options(from.component, d.source_options, backend->plugin + " as a source", words(kSourceKeys),
                             around);
            } else {
                report_.error(*from.component.at,
                              shown(backend->plugin) + " has no sources: messages can only be sent to it");
            }
            if (from.max_in_flight == 0) from.max_in_flight = d.default_max_in_flight;
            if (from.max_in_flight_bytes == 0) from.max_in_flight_bytes = d.default_max_in_flight_bytes;
        }
        if (from.max_in_flight == 0) from.max_in_flight = kDefaultMaxInFlight;
        if (from.max_in_flight_bytes == 0) from.max_in_flight_bytes = kDefaultMaxInFlightBytes;
        if (from.lane.at) from.lane.compiled = compile_template(*from.lane.at, around, report_);
    }

    void check_stages(std::vector<Stage>& stages, const Route& route, const Surroundings& around) {
        for (Stage& stage : stages) {
            stage.component.descriptor = descriptor(stage.plugin, LEAT_KIND_STAGE, stage.component);
            const leat_descriptor* d = stage.component.descriptor;
            if (!d) continue;
            read_options(stage.component, d->options, stage.plugin, words(kStageKeys), around);
            if ((d->flags & LEAT_STAGE_UNORDERED) != 0 && route.ordering != Ordering::none) {
                report_.error(
                    *stage.component.at,
                    shown(stage.plugin) + " does not keep messages in order; it needs \"ordering\": \"none\"");
            }
        }
    }

    void check_sink(Sink& sink, const Words& core, const Surroundings& around) {
        for (Header& header : sink.headers)
            header.value.compiled = compile_template(*header.value.at, around, report_);
        if (!sink.component.at) return;
        const Backend* backend = use(sink.backend, sink.component);
        if (!backend) return;
        if (const auto* declared = sink.component.descriptor->sink_options) {
            read_options(sink.component, declared, backend->plugin + " as a sink", core, around);
        } else {
            report_.error(*sink.component.at,
                          shown(backend->plugin) + " has no sinks: messages can only be received from it");
        }
    }

    void check_policy(Policy& policy, const Route& route, const Surroundings& around) {
        if (policy.dead_letter) check_sink(*policy.dead_letter, words(kSinkKeys), around);
        const leat_descriptor* source = route.from.component.descriptor;
        if (policy.then != Then::source || policy.dead_letter || !source ||
            (source->flags & LEAT_SOURCE_REJECTS) != 0)
            return;
        const Node* then = policy.at ? policy.at->find("then") : nullptr;
        report_.error(then ? *then : *route.at,
                      "\"source\" needs a broker that can be told of a rejected message, which " +
                          shown(source->name) + " cannot; use \"dead_letter\", \"stop\" or \"discard\"");
    }

    // With "match": "first", what stands behind a branch without condition never gets a message.
    void check_unreachable(const Route& route) {
        if (route.match != Match::first) return;
        const auto open = std::find_if(route.branches.begin(), route.branches.end(),
                                       [](const Branch& b) { return !b.condition.at; });
        for (auto behind = open; behind != route.branches.end() && ++behind != route.branches.end();) {
            report_.warning(*behind->at,
                            "gets no message: with \"match\": \"first\", " + open->step + " before it takes all");
        }
    }

    Model& model_;
    const Plugins& plugins_;
    Report& report_;
    std::set<std::string> used_;
};

}  // namespace

void validate(Model& model, const Plugins& plugins, Report& report) { Validator(model, plugins, report).run(); }

}  // namespace leat::config
