#include "config/describe.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "config/option_words.hpp"

namespace leat::config {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kWidth = 100;

// The options with those for experts last; the order of the declaration is kept otherwise.
std::vector<const leat_option*> in_reading_order(const leat_option* const* list) {
    auto options = options_in(list);
    std::stable_partition(options.begin(), options.end(),
                          [](const leat_option* o) { return (o->flags & LEAT_OPTION_ADVANCED) == 0; });
    return options;
}

std::string default_in_words(const leat_option& option) {
    if (option.flags & LEAT_OPTION_REQUIRED) return "required";
    const Json value = default_of(option);
    return value.is_null() ? std::string{} : "default " + value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// "duration, default "30s", 1s to 1h"
std::string traits(const leat_option& option) {
    std::string out = type_in_words(option);
    for (const std::string& part : {default_in_words(option), range_in_words(option)}) {
        if (!part.empty()) out += ", " + part;
    }
    if (option.flags & LEAT_OPTION_ADVANCED) out += ", advanced";
    return out;
}

// Words wrapped at kWidth, each line indented.
void add_wrapped(std::string& out, std::string_view text, size_t indent) {
    std::string line(indent, ' ');
    while (!text.empty()) {
        const size_t n = std::min(text.find_first_of(" \n"), text.size());
        const std::string_view word = text.substr(0, n);
        text.remove_prefix(std::min(n + 1, text.size()));
        if (word.empty()) continue;
        if (line.size() > indent && line.size() + 1 + word.size() > kWidth) {
            out += line + "\n";
            line.assign(indent, ' ');
        }
        if (line.size() > indent) line += ' ';
        line += word;
    }
    if (line.size() > indent) out += line + "\n";
}

void add_text_options(std::string& out, const leat_option* const* list, size_t indent) {
    for (const leat_option* option : in_reading_order(list)) {
        out += std::string(indent, ' ') + option->name + "  (" + traits(*option) + ")\n";
        add_wrapped(out, option->description ? option->description : "", indent + 4);
        if (option->example) out += std::string(indent + 4, ' ') + "for example " + option->example + "\n";
        if (option->type == LEAT_BLOCK) add_text_options(out, option->fields, indent + 4);
    }
}

void add_text_section(std::string& out, const char* title, const leat_option* const* list) {
    if (!list) return;
    out += std::string("\n") + title + "\n";
    if (!*list) out += "  (no options of its own)\n";
    add_text_options(out, list, 2);
}

// In a table a '|' would begin a column.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::string type_cell(const leat_option& option) {
    if (option.type != LEAT_ENUM) return type_in_words(option);
    std::string out;
    for (const std::string_view word : words_in(option.allowed)) ((out += out.empty() ? "`" : ", `") += word) += "`";
    return out;
}

void add_rows(std::string& out, const leat_option* const* list, const std::string& prefix) {
    for (const leat_option* option : in_reading_order(list)) {
        const bool required = (option->flags & LEAT_OPTION_REQUIRED) != 0;
        const Json value = default_of(*option);
        const std::string otherwise = required ? "**required**"
                                      : value.is_null()
                                          ? ""
                                          : "`" + value.dump(-1, ' ', false, Json::error_handler_t::replace) + "`";
        std::string meaning = option->description ? option->description : "";
        if (const std::string range = range_in_words(*option); !range.empty()) meaning += " Range: " + range + ".";
        if (option->example) meaning += std::string(" Example: `") + option->example + "`";
        out += "| `" + prefix + option->name + "` | " + cell(type_cell(*option)) + " | " + cell(otherwise) + " | " +
               cell(meaning) + " |\n";
        if (option->type == LEAT_BLOCK) add_rows(out, option->fields, prefix + option->name + ".");
    }
}

void add_table(std::string& out, const std::string& title, const leat_option* const* list) {
    if (!list) return;
    out += "\n## " + title + "\n\n";
    if (!*list) {
        out += "No options of its own.\n";
        return;
    }
    out += "| option | type | default | meaning |\n| --- | --- | --- | --- |\n";
    add_rows(out, list, "");
}

// JSON on one line, with the spaces that people write.
std::string on_one_line(const Json& value) {
    if (!value.is_structured() || value.empty()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
    std::string out;
    for (const auto& [name, item] : value.items()) {
        out += out.empty() ? (value.is_object() ? "{ " : "[") : ", ";
        if (value.is_object()) out += Json(name).dump(-1, ' ', false, Json::error_handler_t::replace) + ": ";
        out += on_one_line(item);
    }
    return out + (value.is_object() ? " }" : "]");
}

// Something to write for a required option that brings no example.
Json placeholder(const leat_option& option) {
    if (option.type == LEAT_LIST) return Json::array({"..."});
    if (option.type == LEAT_BLOCK || option.type == LEAT_MAP) return Json::object();
    if (option.type == LEAT_INTEGER || option.type == LEAT_NUMBER)
        return option.minimum < option.maximum ? option.minimum : 1;
    if (option.type == LEAT_BOOLEAN) return true;
    if (option.type == LEAT_ENUM && option.allowed && *option.allowed) return *option.allowed;
    return option.type == LEAT_DURATION ? "1s"
           : option.type == LEAT_SIZE   ? "1MiB"
           : option.type == LEAT_RATE   ? "100/s"
                                        : "...";
}

// The object at `start` with the required options and those that have an example.
std::string snippet(const leat_option* const* list, Json start) {
    for (const leat_option* option : options_in(list)) {
        const bool required = (option->flags & LEAT_OPTION_REQUIRED) != 0;
        if (!required && (!option->example || (option->flags & LEAT_OPTION_ADVANCED))) continue;
        Json example = option->example ? Json::parse(option->example, nullptr, false) : placeholder(*option);
        if (!example.is_discarded()) start[option->name] = std::move(example);
    }
    return on_one_line(start);
}

// Lines of a configuration that uses the plugin.
std::string example_of(const leat_descriptor& plugin) {
    const std::string name = plugin.name;
    if (plugin.kind == LEAT_KIND_STAGE)
        return "\"through\": [" + snippet(plugin.options, Json{{"plugin", name}}) + "]\n";
    std::string out = "{\n  \"backends\": { \"my_" + name + "\": " + snippet(plugin.options, Json{{"plugin", name}}) +
                      " },\n  \"routes\": {\n";
    const Json use{{"backend", "my_" + name}};
    const std::string other = "{ \"backend\": \"...\" }";
    if (plugin.source_options) {
        out += "    \"in\": {\n      \"from\": " + snippet(plugin.source_options, use) + ",\n      \"to\": " + other +
               "\n    }";
        out += plugin.sink_options ? ",\n" : "\n";
    }
    if (plugin.sink_options) {
        out += "    \"out\": {\n      \"from\": " + other + ",\n      \"to\": " + snippet(plugin.sink_options, use) +
               "\n    }\n";
    }
    return out + "  }\n}\n";
}

std::string text_of(const char* text) { return text ? text : ""; }

}  // namespace

std::string describe_text(const leat_descriptor& plugin) {
    const bool backend = plugin.kind == LEAT_KIND_BACKEND;
    std::string out =
        text_of(plugin.name) + " " + text_of(plugin.version) + ", a " + (backend ? "backend" : "stage") + "\n";
    add_wrapped(out, text_of(plugin.summary), 2);
    if (plugin.promise) {
        out += "\nWhat it promises\n";
        add_wrapped(out, plugin.promise, 2);
    }
    add_text_section(out, backend ? "Options of the backend" : "Options", plugin.options);
    if (backend) {
        add_text_section(out, "Options of a source (\"from\")", plugin.source_options);
        add_text_section(out, "Options of a sink (\"to\")", plugin.sink_options);
    }
    out += "\nExample\n";
    const std::string example = example_of(plugin);
    for (size_t at = 0; at < example.size();) {
        const size_t end = example.find('\n', at);
        out += "  " + example.substr(at, end - at) + "\n";
        at = end + 1;
    }
    return out;
}

std::string describe_markdown(const leat_descriptor& plugin) {
    const bool backend = plugin.kind == LEAT_KIND_BACKEND;
    std::string out = "# " + text_of(plugin.name) + "\n\n" + text_of(plugin.summary) + "\n\n";
    out += std::string(backend ? "Backend" : "Stage") + ", version " + text_of(plugin.version) + ".\n";
    if (plugin.promise) out += "\n## What it promises\n\n" + text_of(plugin.promise) + "\n";
    add_table(out, backend ? "The backend" : "Options", plugin.options);
    if (backend) {
        add_table(out, "As a source: `from`", plugin.source_options);
        add_table(out, "As a sink: `to`", plugin.sink_options);
    }
    return out + "\n## Example\n\n```json\n" + example_of(plugin) + "```\n";
}

}  // namespace leat::config
