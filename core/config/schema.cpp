#include "config/schema.hpp"

#include "config/option_words.hpp"

namespace leat::config {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFilledIn = R"(\$\{(env:|file:|each[:}]))";
constexpr const char* kEach = R"(^\$\{each[:}])";  // may stand for a value of any kind
constexpr const char* kDuration = R"(^ *([0-9.]+ *(ns|us|ms|s|m|h|d) *)+$|^0$|\$\{(env:|file:|each[:}]))";
constexpr const char* kSize = R"(^ *[0-9.]+ *([kKmMgGtT][iI]?)?[bB]? *$|\$\{(env:|file:|each[:}]))";
constexpr const char* kRate = R"(^ *[0-9.]+ */ *[smhdSMHD] *$|\$\{(env:|file:|each[:}]))";

Json described(Json schema, const char* description) {
    schema["description"] = description;
    return schema;
}

Json text() { return {{"type", "string"}}; }
Json text_like(const char* pattern) { return {{"type", "string"}, {"pattern", pattern}}; }
Json integer(int64_t low, int64_t high) {
    return {{"anyOf", {Json{{"type", "integer"}, {"minimum", low}, {"maximum", high}}, text_like(kFilledIn)}}};
}
Json duration() { return {{"anyOf", {text_like(kDuration), Json{{"const", 0}}}}}; }
Json size() { return {{"anyOf", {text_like(kSize), Json{{"type", "integer"}, {"minimum", 0}}}}}; }
Json reference(const std::string& name) { return {{"$ref", "#/definitions/" + name}}; }
Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Json or_null(Json schema) { return {{"anyOf", {std::move(schema), Json{{"type", "null"}}}}}; }
Json or_each(Json schema) { return {{"anyOf", {std::move(schema), text_like(kEach)}}}; }

Json words(const std::vector<std::string_view>& list) {
    Json out = Json::array();
    for (const std::string_view word : list) out.push_back(std::string(word));
    return {{"enum", std::move(out)}};
}

Json object(Json properties, Json required = Json::array()) {
    Json out{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) out["required"] = std::move(required);
    out["additionalProperties"] = false;
    return out;
}

void add_options(const leat_option* const* list, Json& properties, Json& required);

Json number_or_filled_in(const leat_option& option, const char* type) {
    Json number{{"type", type}};
    if (option.minimum < option.maximum) {
        number["minimum"] = option.minimum;
        number["maximum"] = option.maximum;
    }
    return {{"anyOf", {number, text_like(kFilledIn)}}};
}

Json of_type(const leat_option& option, uint32_t type) {
    switch (type) {
        case LEAT_INTEGER:
            return number_or_filled_in(option, "integer");
        case LEAT_NUMBER:
            return number_or_filled_in(option, "number");
        case LEAT_BOOLEAN:
            return {{"anyOf", {Json{{"type", "boolean"}}, text_like(kFilledIn)}}};
        case LEAT_DURATION:
            return duration();
        case LEAT_SIZE:
            return size();
        case LEAT_RATE:
            return {{"anyOf", {text_like(kRate), Json{{"type", "number"}, {"minimum", 0}}}}};
        case LEAT_ENUM:
            return {{"anyOf", {words(words_in(option.allowed)), text_like(kFilledIn)}}};
        case LEAT_TEMPLATE:
            return {{"type", {"string", "integer"}}};
        case LEAT_URL:
            return text_like(R"(://|\$\{(env:|file:|each[:}]))");
        case LEAT_LIST:
            return or_each(list_of(of_type(option, option.element)));
        case LEAT_MAP: {
            Json value = of_type(option, option.element);
            if (option.element == LEAT_STRING) value = {{"type", {"string", "number", "boolean"}}};
            return {{"type", "object"}, {"additionalProperties", std::move(value)}};
        }
        case LEAT_BLOCK: {
            Json properties = Json::object();
            Json required = Json::array();
            add_options(option.fields, properties, required);
            return object(std::move(properties), std::move(required));
        }
        default:
            return text();
    }
}

void add_options(const leat_option* const* list, Json& properties, Json& required) {
    for (const leat_option* option : options_in(list)) {
        Json schema = described(of_type(*option, option->type), option->description ? option->description : "");
        if (Json value = default_of(*option); !value.is_null()) schema["default"] = std::move(value);
        if (option->example) {
            Json example = Json::parse(option->example, nullptr, false);
            if (!example.is_discarded()) schema["examples"] = Json::array({std::move(example)});
        }
        properties[option->name] = std::move(schema);
        if (option->flags & LEAT_OPTION_REQUIRED) required.push_back(option->name);
    }
}

// Core properties first, then the plugin's.
Json component(Json core, Json core_required, const leat_option* const* options, const char* description) {
    add_options(options, core, core_required);
    return described(object(std::move(core), std::move(core_required)), description ? description : "");
}

Json headers() {
    return described({{"type", "object"}, {"additionalProperties", text()}},
                     "Headers to set on each message; the values are templates.");
}

Json sink_core() {
    return {{"backend", described(text(), "Name of the backend to send to.")},
            {"headers", headers()},
            {"max_age", described(duration(), "A message older than this is dropped on purpose.")}};
}

Json branch_core() {
    Json out = sink_core();
    out["if"] =
        described(text(), "Condition that a message must meet to take this branch, such as `json:/value > 80`.");
    out["through"] = described(list_of(reference("stage")), "Stages of this branch, in order.");
    out["on_failure"] = reference("policy");
    Json best_effort = object(
        {{"queue", described(integer(1, 1 << 24), "Messages that may be queued or under way; more are dropped.")},
         {"drop", described(words({"newest", "oldest"}), "Which messages go when the queue is full.")}},
        {"queue"});
    best_effort["properties"]["drop"]["default"] = "newest";
    out["best_effort"] = described(std::move(best_effort),
                                   "The branch is not waited for: a message counts as landed once it is queued.");
    return out;
}

Json source_core() {
    return {
        {"backend", described(text(), "Name of the backend to receive from.")},
        {"max_in_flight",
         described(integer(1, 1 << 20),
                   "Messages that may be under way before the source stops reading; of Kafka, from each partition.")},
        {"max_in_flight_bytes", described(size(), "Bytes that may be under way before the source stops reading.")},
        {"lane",
         described(text(),
                   "Template whose value is the unit of order, such as `${key}`; by default the source's own.")}};
}

Json policy() {
    Json out =
        object({{"attempts",
                 described(integer(0, INT32_MAX), "How often a message is tried, the first included; 0: for ever.")},
                {"delay", described(duration(), "Wait before the second attempt; doubled for each further one.")},
                {"max_delay", described(duration(), "The longest wait between attempts.")},
                {"max_age", described(duration(), "A message older than this is not tried again.")},
                {"timeout", described(duration(),
                                      "No outcome for so long, while the sink is up, counts as a retry; "
                                      "the message may then land twice.")},
                {"dead_letter", described(reference("dead_letter"), "Sink for messages that failed for good.")},
                {"then", described(words({"stop", "discard", "source"}),
                                   "What to do with a message that failed for good.")}});
    out["properties"]["delay"]["default"] = "100ms";
    out["properties"]["max_delay"]["default"] = "30s";
    out["properties"]["then"]["default"] = "stop";
    out["properties"]["dead_letter"] = or_null(std::move(out["properties"]["dead_letter"]));
    return described(std::move(out), "What happens when a message cannot be processed or delivered.");
}

Json for_each() {
    return described({{"type", {"array", "object"}}},
                     "Makes one of each element: `[\"p7\", \"p8\"]` fills in `${each}`, "
                     "`{\"plant\": [\"p7\", \"p8\"]}` and `[{\"plant\": \"p7\"}]` fill in `${each:plant}`.");
}

Json route() {
    Json to{{"anyOf", {reference("branch"), list_of(reference("branch"))}}};
    Json out =
        object({{"from", reference("source")},
                {"through", described(list_of(reference("stage")), "Stages that each message passes, in order.")},
                {"to", described(std::move(to), "A sink, or a list of branches.")},
                {"match", described(words({"all", "first"}),
                                    "Whether a message takes all branches whose condition holds, or the first.")},
                {"for_each", for_each()},
                {"on_failure", or_each(or_null(reference("policy")))},
                {"ack", described(words({"on_delivery", "on_arrival", "manual", "never"}),
                                  "When the source is told; `on_arrival` and `manual` can lose messages.")},
                {"ordering", described(words({"lane", "strict", "none"}),
                                       "Whether later messages of a lane wait behind one that failed; `strict`: also "
                                       "those that were already under way.")},
                {"parallel", described(integer(1, 256), "How many copies of the route run, each on a shard.")},
                {"drain_timeout", described(duration(), "How long a stop waits for what is in flight.")}},
               {"from", "to"});
    Json& properties = out["properties"];
    properties["match"]["default"] = "all";
    properties["ack"]["default"] = "on_delivery";
    properties["ordering"]["default"] = "lane";
    properties["parallel"]["default"] = 1;
    properties["drain_timeout"]["default"] = "30s";
    return out;
}

// Routes without what only a route of its own can say.
Json defaults() {
    Json of_routes = route();
    for (const char* own : {"from", "through", "to", "for_each"}) of_routes["properties"].erase(own);
    of_routes.erase("required");
    const Json by_name{{"type", "object"}, {"additionalProperties", {{"type", "object"}}}};
    Json out = object({{"routes", described(std::move(of_routes), "For every route.")},
                       {"backends", described(by_name, "For the backends of a plugin, by its name.")},
                       {"from", described(by_name, "For sources, by the name of their backend or its plugin.")},
                       {"to", described(by_name, "For sinks, by the name of their backend or its plugin.")}});
    return described(std::move(out), "What holds where a route, backend, source or sink does not say it itself.");
}

// An object whose "plugin" decides about the rest. `kind`: "backend" or "stage".
Json by_plugin(const std::vector<const leat_descriptor*>& plugins, uint32_t kind, const char* suffix) {
    Json names = Json::array();
    Json cases = Json::array();
    for (const leat_descriptor* plugin : plugins) {
        if (plugin->kind != kind) continue;
        names.push_back(plugin->name);
        cases.push_back({{"if", {{"properties", {{"plugin", {{"const", plugin->name}}}}}, {"required", {"plugin"}}}},
                         {"then", reference(plugin->name + std::string(suffix))}});
    }
    Json out{
        {"type", "object"}, {"required", {"plugin"}}, {"properties", {{"plugin", {{"enum", std::move(names)}}}}}};
    if (!cases.empty()) out["allOf"] = std::move(cases);
    return out;
}

Json shards() {
    Json cpu{{"type", "integer"}, {"minimum", 0}, {"maximum", 1023}};
    Json detailed =
        object({{"count", described(integer(1, 256), "How many; by default as many as are of use.")},
                {"cpus", described(list_of(std::move(cpu)), "CPUs to run them on, in turn; default: any.")},
                {"busy_poll", described({{"anyOf", {Json{{"type", "boolean"}}, text_like(kFilledIn)}}},
                                        "Never sleep: less latency, for a whole CPU each.")}});
    detailed["properties"]["busy_poll"]["default"] = false;
    return described({{"anyOf", {integer(1, 256), std::move(detailed)}}}, "Threads to run routes on.");
}

Json definitions(const std::vector<const leat_descriptor*>& plugins) {
    Json out = Json::object();
    Json sources = Json::array();
    Json branches = Json::array();
    Json sinks = Json::array();
    const Json with_backend = Json::array({"backend"});
    const Json with_plugin = Json::array({"plugin"});
    for (const leat_descriptor* plugin : plugins) {
        const std::string name = plugin->name;
        if (plugin->kind == LEAT_KIND_STAGE) {
            Json core{{"plugin", {{"const", name}}},
                      {"name", described(text(), "What this stage is called in metrics and dead letters.")}};
            out[name + ".stage"] = component(std::move(core), with_plugin, plugin->options, plugin->summary);
            continue;
        }
        out[name + ".backend"] = component({{"plugin", {{"const", name}}}, {"for_each", for_each()}}, with_plugin,
                                           plugin->options, plugin->summary);
        if (plugin->source_options) {
            out[name + ".source"] = component(source_core(), with_backend, plugin->source_options, plugin->summary);
            sources.push_back(reference(name + ".source"));
        }
        if (plugin->sink_options) {
            out[name + ".sink"] = component(branch_core(), with_backend, plugin->sink_options, plugin->summary);
            out[name + ".dead_letter"] = component(sink_core(), with_backend, plugin->sink_options, plugin->summary);
            branches.push_back(reference(name + ".sink"));
            sinks.push_back(reference(name + ".dead_letter"));
        }
    }
    const auto any_of = [](Json list) {
        return list.empty() ? Json{{"type", "object"}} : Json{{"anyOf", std::move(list)}};
    };
    out["backend"] = by_plugin(plugins, LEAT_KIND_BACKEND, ".backend");
    out["stage"] = by_plugin(plugins, LEAT_KIND_STAGE, ".stage");
    out["source"] = any_of(std::move(sources));
    out["branch"] = any_of(std::move(branches));
    out["dead_letter"] = any_of(std::move(sinks));
    out["policy"] = policy();
    out["route"] = route();
    return out;
}

}  // namespace

// Nothing is required at the top: "backends" may stand in one file and "routes" in another.
std::string json_schema(const std::vector<const leat_descriptor*>& plugins) {
    Json path{{"anyOf", {text(), list_of(text())}}};
    Json log = object(
        {{"level", words({"debug", "info", "warning", "error"})}, {"format", words({"auto", "text", "json"})}});
    Json out =
        object({{"$schema", text()},
                {"backends", described({{"type", "object"}, {"additionalProperties", reference("backend")}},
                                       "The systems to connect to, by name.")},
                {"routes", described({{"type", "object"}, {"additionalProperties", reference("route")}},
                                     "Where messages go, by name.")},
                {"include", described(path,
                                      "Other files, relative to this one: names and patterns such as "
                                      "`routes.d/*.json`.")},
                {"defaults", defaults()},
                {"shards", shards()},
                {"plugin_path", described(path, "Further folders to look for plugins in, relative to this file.")},
                {"log", described(std::move(log), "How the host logs, unless the command line says otherwise.")}},
               Json::array());
    Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "Leat configuration"}};
    schema.update(out);
    schema["definitions"] = definitions(plugins);
    return schema.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace leat::config
