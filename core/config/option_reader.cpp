#include "config/option_reader.hpp"

#include <algorithm>

#include "config/nearest.hpp"
#include "config/option_words.hpp"
#include "config/report.hpp"
#include "config/scalar.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

bool in_range(const leat_option& option, uint32_t type, double value, std::string& error) {
    if (!(option.minimum < option.maximum) || (value >= option.minimum && value <= option.maximum)) return true;
    error = "expected " + bound_in_words(type, option.minimum) + " to " + bound_in_words(type, option.maximum) +
            ", found " + bound_in_words(type, value);
    return false;
}

bool is_text(uint32_t type) {
    return type == LEAT_STRING || type == LEAT_SECRET || type == LEAT_URL || type == LEAT_PATH;
}

std::string found_instead(std::string_view expected, const Node& node) {
    return "expected " + std::string(expected) + ", found " + std::string(with_article(node.kind));
}

}  // namespace

std::shared_ptr<const OptionSet> OptionReader::read(const leat_option* const* declared,
                                                    const std::vector<const Node*>& given, const Node& object,
                                                    std::string_view whose,
                                                    const std::vector<std::string_view>& core_keys) {
    auto set = std::make_shared<OptionSet>();
    set_ = set.get();
    Fields fields = read_fields(declared, given, object, whose, core_keys);
    set->count_ = fields.size();
    set->values_ = keep(std::move(fields));
    set_ = nullptr;
    return set;
}

OptionReader::Fields OptionReader::read_fields(const leat_option* const* declared,
                                               const std::vector<const Node*>& given, const Node& object,
                                               std::string_view whose,
                                               const std::vector<std::string_view>& core_keys) {
    const auto options = options_in(declared);
    std::vector<std::string_view> known;
    known.reserve(options.size() + core_keys.size());
    for (const leat_option* option : options) known.emplace_back(option->name);
    known.insert(known.end(), core_keys.begin(), core_keys.end());
    for (const Node* node : given) {
        const bool declared_here = std::any_of(options.begin(), options.end(),
                                               [&](const leat_option* option) { return option->name == node->name; });
        if (declared_here) continue;
        report_.error(*node, "unknown option " + shown(node->name) + " of " + std::string(whose) +
                                 did_you_mean(node->name, known));
    }
    Fields values;
    for (const leat_option* option : options) {
        const auto found =
            std::find_if(given.begin(), given.end(), [&](const Node* node) { return option->name == node->name; });
        if (found != given.end()) {
            values.push_back(convert(*option, option->type, **found));
        } else if (option->flags & LEAT_OPTION_REQUIRED) {
            report_.error(object, json_quoted(option->name) + " is missing: " + option->description);
            values.push_back({});
        } else {
            values.push_back(read_default(*option, object, whose));
        }
    }
    return values;
}

leat_value OptionReader::read_default(const leat_option& option, const Node& object, std::string_view whose) {
    if (!option.default_json) return {};
    Report faults("default");
    const auto document = parse(option.default_json, "default", faults);
    if (document && object.document) document->folder = object.document->folder;
    std::string error;
    leat_value value{};
    if (!document || faults.has_errors()) {
        error = "it is no JSON";
    } else if (option.type == LEAT_ENUM && document->root.kind == Kind::integer && document->root.integer >= 0 &&
               static_cast<uint64_t>(document->root.integer) < words_in(option.allowed).size()) {
        const auto index = static_cast<size_t>(document->root.integer);  // an index does for a default
        value.type = LEAT_ENUM;
        value.as.integer = document->root.integer;
        value.text = keep(std::string(words_in(option.allowed)[index]));
    } else {
        value = convert_checked(option, option.type, document->root, error);
    }
    if (!error.empty()) {
        report_.error(object, "the plugin is faulty: the default of " + json_quoted(option.name) + " of " +
                                  std::string(whose) + ": " + error);
    }
    return value;
}

leat_value OptionReader::convert(const leat_option& option, uint32_t type, const Node& node) {
    if (node.unusable) return {};  // reported when it could not be filled in
    std::string error;
    const leat_value value = convert_checked(option, type, node, error);
    const bool required = (option.flags & LEAT_OPTION_REQUIRED) != 0 && type == option.type;
    const bool empty =
        value.type != 0 &&
        ((is_text(type) || type == LEAT_TEMPLATE) ? value.text.size == 0 : type == LEAT_LIST && value.count == 0);
    if (!error.empty()) {
        report_.error(node, error);
    } else if (required && empty) {
        report_.error(node, "must not be empty");
    }
    return value;
}

// `type` is the option's, or that of its elements.
leat_value OptionReader::convert_checked(const leat_option& option, uint32_t type, const Node& node,
                                         std::string& error) {
    switch (type) {
        case LEAT_STRING:
        case LEAT_SECRET:
        case LEAT_URL:
        case LEAT_PATH:
            return text_value(type, node, error);
        case LEAT_INTEGER:
        case LEAT_NUMBER:
        case LEAT_BOOLEAN:
        case LEAT_DURATION:
        case LEAT_SIZE:
        case LEAT_RATE:
            return number_value(option, type, node, error);
        case LEAT_ENUM: {
            const auto words = words_in(option.allowed);
            const auto index = word_of(node, words, error);
            if (!index) return {};
            leat_value value{};
            value.type = type;
            value.as.integer = static_cast<int64_t>(*index);
            value.text = keep(std::string(words[*index]));
            return value;
        }
        case LEAT_LIST:
            return list_value(option, node, error);
        case LEAT_MAP:
            return map_value(option, node, error);
        case LEAT_BLOCK:
            return block_value(option, node, error);
        case LEAT_TEMPLATE:
        case LEAT_CONDITION:
            return compiled_value(type, node, error);
        default:
            error = "the plugin asks for a type that this host does not know (" + std::to_string(type) + ")";
            return {};
    }
}

leat_value OptionReader::number_value(const leat_option& option, uint32_t type, const Node& node,
                                      std::string& error) {
    leat_value value{};
    double magnitude = 0;
    const auto set = [&](const auto& result) {
        if (!result) return false;
        magnitude = static_cast<double>(*result);
        if (type == LEAT_NUMBER || type == LEAT_RATE) {
            value.as.number = magnitude;
        } else {
            value.as.integer = static_cast<int64_t>(*result);
        }
        return true;
    };
    bool good = false;
    switch (type) {
        case LEAT_INTEGER:
            good = set(integer_of(node, error));
            break;
        case LEAT_NUMBER:
            good = set(number_of(node, error));
            break;
        case LEAT_BOOLEAN:
            good = set(boolean_of(node, error));
            break;
        case LEAT_SIZE:
            good = set(size_of(node, error));
            break;
        case LEAT_RATE:
            good = set(rate_of(node, error));
            break;
        default:
            if (const auto duration = duration_of(node, error)) good = set(std::optional<int64_t>(duration->count()));
    }
    if (!good || (type != LEAT_BOOLEAN && !in_range(option, type, magnitude, error))) return {};
    value.type = type;
    value.text = written(node);
    return value;
}

leat_value OptionReader::text_value(uint32_t type, const Node& node, std::string& error) {
    auto text = type == LEAT_URL ? url_of(node, error) : text_of(node, error);
    if (!text) return {};
    if (type == LEAT_PATH && !text->empty())
        text = std::filesystem::absolute(node.document->folder / *text).lexically_normal().string();
    leat_value value{};
    value.type = type;
    value.text = keep(std::move(*text));
    if (node.from_file) set_->rereadable_[value.text.data] = {node.written, node.document->folder};
    return value;
}

leat_value OptionReader::compiled_value(uint32_t type, const Node& node, std::string& error) {
    // "partition": 3 means the same as "partition": "3".
    const bool is_number = type == LEAT_TEMPLATE && node.kind == Kind::integer;
    if (node.kind != Kind::string && !is_number) {
        error = found_instead(
            type == LEAT_TEMPLATE ? "a string, in which ${...} are filled in" : "a condition in a string", node);
        return {};
    }
    leat_value value{};
    if (type == LEAT_TEMPLATE) {
        const std::string text = is_number ? std::to_string(node.integer) : node.text;
        auto compiled = expression::Template::compile(text, around_, error);
        if (!compiled) return {};
        value.text = keep(std::string(compiled->literal().value_or(text)));
        value.as.template_ = &set_->templates_.emplace_back(leat_template{std::move(*compiled)});
    } else {
        const auto text = literal(node.text);
        auto compiled = text ? expression::Condition::compile(*text, around_, error) : std::nullopt;
        if (!text) error = "a condition names fields without ${}: json:/value > 80";
        if (!compiled) return {};
        value.text = keep(*text);
        value.as.condition = &set_->conditions_.emplace_back(leat_condition{std::move(*compiled)});
    }
    value.type = type;
    return value;
}

leat_value OptionReader::list_value(const leat_option& option, const Node& node, std::string& error) {
    if (node.kind != Kind::array) {
        error = found_instead("a list: [...]", node);
        return {};
    }
    Fields items;
    for (const Node& child : node.children) items.push_back(convert(option, option.element, child));
    leat_value value{};
    value.type = LEAT_LIST;
    value.count = static_cast<uint32_t>(items.size());
    value.as.items = keep(std::move(items));
    value.text = keep("");
    return value;
}

leat_value OptionReader::map_value(const leat_option& option, const Node& node, std::string& error) {
    if (node.kind != Kind::object) {
        error = found_instead("an object with names and values: {...}", node);
        return {};
    }
    Fields items;
    for (const Node& child : node.children) {
        leat_value name{};
        name.type = LEAT_STRING;
        name.text = keep(child.name);
        items.push_back(name);
        const bool bare = child.kind == Kind::integer || child.kind == Kind::number || child.kind == Kind::boolean;
        if (bare && option.element == LEAT_STRING) {  // {"linger.ms": 5} says what it means
            leat_value value{};
            value.type = LEAT_STRING;
            value.text = written(child);
            items.push_back(value);
        } else {
            items.push_back(convert(option, option.element, child));
        }
    }
    leat_value value{};
    value.type = LEAT_MAP;
    value.count = static_cast<uint32_t>(items.size() / 2);
    value.as.items = keep(std::move(items));
    value.text = keep("");
    return value;
}

leat_value OptionReader::block_value(const leat_option& option, const Node& node, std::string& error) {
    if (node.kind != Kind::object) {
        error = found_instead("an object: {...}", node);
        return {};
    }
    std::vector<const Node*> given;
    for (const Node& child : node.children) given.push_back(&child);
    Fields fields = read_fields(option.fields, given, node, json_quoted(option.name), {});
    leat_value value{};
    value.type = LEAT_BLOCK;
    value.count = static_cast<uint32_t>(fields.size());
    value.as.items = keep(std::move(fields));
    value.text = keep("");
    return value;
}

leat_bytes OptionReader::keep(std::string text) {
    const std::string& kept = set_->texts_.emplace_back(std::move(text));
    return {kept.c_str(), kept.size()};
}

const leat_value* OptionReader::keep(Fields values) {
    if (values.empty()) values.push_back({});  // so that there is an address
    return set_->arrays_.emplace_back(std::move(values)).data();
}

leat_bytes OptionReader::written(const Node& node) {
    if (node.kind == Kind::boolean) return keep(node.boolean ? "true" : "false");
    return keep(node.kind == Kind::string ? literal(node.text).value_or(node.text) : node.text);
}

std::shared_ptr<const leat_template> compile_template(const Node& node, const expression::Surroundings& around,
                                                      Report& report) {
    if (node.unusable) return nullptr;
    std::string error = found_instead("a string, in which ${...} are filled in", node);
    auto compiled =
        node.kind == Kind::string ? expression::Template::compile(node.text, around, error) : std::nullopt;
    if (compiled) return std::make_shared<const leat_template>(leat_template{std::move(*compiled)});
    report.error(node, error);
    return nullptr;
}

std::shared_ptr<const leat_condition> compile_condition(const Node& node, const expression::Surroundings& around,
                                                        Report& report) {
    if (node.unusable) return nullptr;
    std::string error = found_instead("a condition in a string", node);
    const auto text = node.kind == Kind::string ? literal(node.text) : std::nullopt;
    if (node.kind == Kind::string && !text) error = "a condition names fields without ${}: json:/value > 80";
    auto compiled = text ? expression::Condition::compile(*text, around, error) : std::nullopt;
    if (compiled) return std::make_shared<const leat_condition>(leat_condition{std::move(*compiled)});
    report.error(node, error);
    return nullptr;
}

}  // namespace leat::config
