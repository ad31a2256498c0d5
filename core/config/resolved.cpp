#include "config/resolved.hpp"

#include "config/option_words.hpp"
#include "config/units.hpp"

namespace leat::config {
namespace {

using Json = nlohmann::ordered_json;

std::string text_in(const leat_value& value) { return {value.text.data ? value.text.data : "", value.text.size}; }

Json shown_value(const leat_option& option, uint32_t type, const leat_value& value);

Json shown_fields(const leat_option* const* declared, const leat_value* values) {
    Json out = Json::object();
    size_t i = 0;
    for (const leat_option* option : options_in(declared)) {
        const leat_value& value = values[i++];
        if (value.type != 0) out[option->name] = shown_value(*option, option->type, value);
    }
    return out;
}

Json shown_map(const leat_option& option, const leat_value& value) {
    Json out = Json::object();
    for (uint32_t i = 0; i < value.count; ++i) {
        const std::string name = text_in(value.as.items[2 * i]);
        out[name] = is_sensitive(name) ? Json(kMask) : shown_value(option, option.element, value.as.items[2 * i + 1]);
    }
    return out;
}

Json shown_value(const leat_option& option, uint32_t type, const leat_value& value) {
    switch (type) {
        case LEAT_SECRET:
            return std::string(kMask);
        case LEAT_INTEGER:
            return value.as.integer;
        case LEAT_NUMBER:
            return value.as.number;
        case LEAT_BOOLEAN:
            return value.as.integer != 0;
        case LEAT_DURATION:
            return format_duration(std::chrono::nanoseconds(value.as.integer));
        case LEAT_SIZE:
            return format_size(static_cast<uint64_t>(value.as.integer));
        case LEAT_RATE:
            return value.as.number > 0 ? Json(format_rate(value.as.number)) : Json(0);
        case LEAT_LIST: {
            Json out = Json::array();
            for (uint32_t i = 0; i < value.count; ++i)
                out.push_back(shown_value(option, option.element, value.as.items[i]));
            return out;
        }
        case LEAT_MAP:
            return shown_map(option, value);
        case LEAT_BLOCK:
            return shown_fields(option.fields, value.as.items);
        case LEAT_TEMPLATE:
            return without_user(value.as.template_->compiled.written());
        case LEAT_CONDITION:
            return value.as.condition->compiled.written();
        default:
            return without_user(text_in(value));
    }
}

void add_options(Json& out, const Component& component, const leat_option* const* declared) {
    if (!component.options) return;
    const Json fields = shown_fields(declared, component.options->values());
    for (const auto& [name, value] : fields.items()) out[name] = value;
}

Json shown_sink(const Sink& sink) {
    Json out{{"backend", sink.backend}};
    if (sink.component.descriptor) add_options(out, sink.component, sink.component.descriptor->sink_options);
    for (const Header& header : sink.headers) {
        if (!header.value.compiled) continue;
        out["headers"][header.name] =
            is_sensitive(header.name) ? std::string(kMask) : header.value.compiled->compiled.written();
    }
    if (sink.max_age) out["max_age"] = format_duration(*sink.max_age);
    return out;
}

Json shown_policy(const Policy& policy) {
    static constexpr const char* kThen[] = {"stop", "discard", "source"};
    Json out;
    if (policy.attempts > 0) out["attempts"] = policy.attempts;
    out["delay"] = format_duration(policy.delay);
    out["max_delay"] = format_duration(policy.max_delay);
    if (policy.max_age.count() > 0) out["max_age"] = format_duration(policy.max_age);
    if (policy.timeout.count() > 0) out["timeout"] = format_duration(policy.timeout);
    if (policy.dead_letter) {
        out["dead_letter"] = shown_sink(*policy.dead_letter);
    } else {
        out["then"] = kThen[static_cast<size_t>(policy.then)];
    }
    return out;
}

Json shown_stages(const std::vector<Stage>& stages) {
    Json out = Json::array();
    for (const Stage& stage : stages) {
        Json& each = out.emplace_back(Json{{"plugin", stage.plugin}, {"name", stage.name}});
        if (stage.component.descriptor) add_options(each, stage.component, stage.component.descriptor->options);
    }
    return out;
}

Json shown_branch(const Branch& branch) {
    Json out = Json::object();
    if (branch.condition.compiled) out["if"] = branch.condition.compiled->compiled.written();
    const Json sink = shown_sink(branch.sink);
    for (const auto& [name, value] : sink.items()) out[name] = value;
    if (!branch.through.empty()) out["through"] = shown_stages(branch.through);
    if (branch.on_failure) out["on_failure"] = shown_policy(*branch.on_failure);
    if (branch.best_effort) {
        out["best_effort"] = {{"queue", branch.best_effort->queue},
                              {"drop", branch.best_effort->drop == Drop::oldest ? "oldest" : "newest"}};
    }
    return out;
}

Json shown_source(const Source& from) {
    Json out{{"backend", from.backend}};
    if (from.component.descriptor) add_options(out, from.component, from.component.descriptor->source_options);
    out["max_in_flight"] = from.max_in_flight;
    out["max_in_flight_bytes"] = format_size(from.max_in_flight_bytes);
    if (from.lane.compiled) out["lane"] = from.lane.compiled->compiled.written();
    return out;
}

Json shown_route(const Route& route) {
    static constexpr const char* kMatch[] = {"all", "first"};
    static constexpr const char* kAck[] = {"on_delivery", "on_arrival", "manual", "never"};
    static constexpr const char* kOrdering[] = {"lane", "strict", "none"};
    Json out{{"from", shown_source(route.from)}};
    if (!route.through.empty()) out["through"] = shown_stages(route.through);
    if (route.branches.size() == 1 && route.branches.front().step == "to") {
        out["to"] = shown_branch(route.branches.front());
    } else {
        for (const Branch& branch : route.branches) out["to"].push_back(shown_branch(branch));
        out["match"] = kMatch[static_cast<size_t>(route.match)];
    }
    out["on_failure"] = shown_policy(route.on_failure);
    out["ack"] = kAck[static_cast<size_t>(route.ack)];
    out["ordering"] = kOrdering[static_cast<size_t>(route.ordering)];
    out["parallel"] = route.parallel;
    out["drain_timeout"] = format_duration(route.drain_timeout);
    return out;
}

}  // namespace

std::string print_resolved(const Model& model) {
    Json out;
    if (model.cpus.empty() && !model.busy_poll) {
        if (model.shards > 0) out["shards"] = model.shards;
    } else {
        if (model.shards > 0) out["shards"]["count"] = model.shards;
        if (!model.cpus.empty()) out["shards"]["cpus"] = model.cpus;
        out["shards"]["busy_poll"] = model.busy_poll;
    }
    for (const auto& folder : model.plugin_path) out["plugin_path"].push_back(folder.string());
    static constexpr const char* kLevel[] = {"debug", "info", "warning", "error"};
    static constexpr const char* kFormat[] = {"auto", "text", "json"};
    if (model.log_level) out["log"]["level"] = kLevel[static_cast<size_t>(*model.log_level)];
    if (model.log_format) out["log"]["format"] = kFormat[static_cast<size_t>(*model.log_format)];
    out["backends"] = Json::object();
    for (const Backend& backend : model.backends) {
        Json& each = out["backends"][backend.name] = Json{{"plugin", backend.plugin}};
        if (backend.component.descriptor) add_options(each, backend.component, backend.component.descriptor->options);
    }
    out["routes"] = Json::object();
    for (const Route& route : model.routes) out["routes"][route.name] = shown_route(route);
    return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace leat::config
