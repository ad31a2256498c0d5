#include "schema.hpp"

#include <algorithm>
#include <stdexcept>

namespace leat::validate {
namespace {

constexpr std::pair<const char*, uint32_t> kTypes[] = {{"null", 1},    {"boolean", 2}, {"integer", 4}, {"number", 8},
                                                       {"string", 16}, {"array", 32},  {"object", 64}};
constexpr uint32_t kInteger = 4, kNumber = 8;
constexpr size_t kMostSteps = 1'000'000;  // schemas applied to values, for one payload

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw std::invalid_argument("schema: " + (path.empty() ? "/" : path) + ": " + what);
}

uint32_t type_of(const Json& value) {
    switch (value.type()) {
        case Json::value_t::null:
            return 1;
        case Json::value_t::boolean:
            return 2;
        case Json::value_t::string:
            return 16;
        case Json::value_t::array:
            return 32;
        case Json::value_t::object:
            return 64;
        case Json::value_t::number_float: {
            const double number = value.get<double>();
            return number == static_cast<double>(static_cast<int64_t>(std::clamp(number, -9e18, 9e18)))
                       ? kInteger | kNumber
                       : kNumber;
        }
        default:
            return kInteger | kNumber;
    }
}

std::string names_of(uint32_t types) {
    std::string names;
    for (const auto& [name, bit] : kTypes) {
        if (types & bit) names += (names.empty() ? "" : " or ") + std::string(name);
    }
    return names;
}

uint32_t read_types(const Json& value, const std::string& path) {
    uint32_t types = 0;
    for (const Json& name : value.is_array() ? value : Json::array({value})) {
        const auto* found =
            std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& each) { return name == each.first; });
        if (found == std::end(kTypes)) fail(path, "there is no type " + name.dump());
        types |= found->second;
    }
    return types;
}

size_t characters(const std::string& text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(),
                                             [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

Schema::Schema(Json document) : document_(std::move(document)), root_(compile(document_, "")) {}

const Schema::Node* Schema::compile(const Json& from, const std::string& path) {
    if (const auto it = by_place_.find(path); it != by_place_.end()) return it->second;
    Node& node = nodes_.emplace_back();
    by_place_[path] = &node;
    if (from.is_boolean()) {
        node.is_false = !from.get<bool>();
        return &node;
    }
    if (!from.is_object()) fail(path, "a schema is an object, true or false");
    for (const auto& [keyword, value] : from.items()) compile_keyword(node, keyword, value, path + "/" + keyword);
    return &node;
}

void Schema::compile_keyword(Node& node, const std::string& keyword, const Json& value, const std::string& path) {
    static const std::set<std::string> kNotes = {"$schema",     "$id",        "$comment", "title",
                                                 "description", "default",    "example",  "examples",
                                                 "format",      "deprecated", "readOnly", "writeOnly"};
    if (kNotes.count(keyword)) return;
    if (compile_number(node, keyword, value, path) || compile_schemas(node, keyword, value, path)) return;
    if (keyword == "type") {
        node.types = read_types(value, path);
    } else if (keyword == "const") {
        node.constant = value;
    } else if (keyword == "enum") {
        if (!value.is_array()) fail(path, "is a list of values");
        node.choices.assign(value.begin(), value.end());
        node.has_choices = true;
    } else if (keyword == "required") {
        if (!value.is_array()) fail(path, "is a list of names");
        for (const Json& name : value) {
            if (!name.is_string()) fail(path, "is a list of names");
            node.required.push_back(name);
        }
    } else if (keyword == "$ref") {
        if (!value.is_string()) fail(path, "is a text");
        node.reference = resolve(value, path);
    } else {
        fail(path, "this keyword is not supported");
    }
}

bool Schema::compile_number(Node& node, const std::string& keyword, const Json& value, const std::string& path) {
    const std::pair<const char*, std::optional<double>*> numbers[] = {{"minimum", &node.minimum},
                                                                      {"maximum", &node.maximum},
                                                                      {"exclusiveMinimum", &node.above},
                                                                      {"exclusiveMaximum", &node.below}};
    for (const auto& [name, into] : numbers) {
        if (keyword != name) continue;
        if (!value.is_number()) fail(path, "is a number");
        *into = value.get<double>();
        return true;
    }
    const std::pair<const char*, std::optional<uint64_t>*> counts[] = {
        {"minLength", &node.min_length},         {"maxLength", &node.max_length},
        {"minItems", &node.min_items},           {"maxItems", &node.max_items},
        {"minProperties", &node.min_properties}, {"maxProperties", &node.max_properties}};
    for (const auto& [name, into] : counts) {
        if (keyword != name) continue;
        if (!value.is_number_unsigned()) fail(path, "is a whole number from 0");
        *into = value.get<uint64_t>();
        return true;
    }
    return false;
}

bool Schema::compile_schemas(Node& node, const std::string& keyword, const Json& value, const std::string& path) {
    const std::pair<const char*, const Node**> single[] = {
        {"additionalProperties", &node.additional}, {"items", &node.items}, {"not", &node.negated}};
    for (const auto& [name, into] : single) {
        if (keyword == name) return *into = compile(value, path), true;
    }
    const std::pair<const char*, std::vector<const Node*>*> lists[] = {
        {"allOf", &node.all_of}, {"anyOf", &node.any_of}, {"oneOf", &node.one_of}};
    for (const auto& [name, into] : lists) {
        if (keyword != name) continue;
        if (!value.is_array() || value.empty()) fail(path, "is a list of schemas");
        for (size_t i = 0; i < value.size(); ++i) into->push_back(compile(value[i], path + "/" + std::to_string(i)));
        return true;
    }
    if (keyword != "properties" && keyword != "$defs" && keyword != "definitions") return false;
    if (!value.is_object()) fail(path, "is an object of schemas");
    for (const auto& [name, schema] : value.items()) {
        const Node* made = compile(schema, path + "/" + name);
        if (keyword == "properties") node.properties.emplace(name, made);
    }
    return true;
}

const Schema::Node* Schema::resolve(const std::string& reference, const std::string& path) {
    if (reference == "#") return compile(document_, "");
    if (!reference.starts_with("#/")) fail(path, "only references within the schema, such as \"#/$defs/device\"");
    try {
        return compile(document_.at(Json::json_pointer(reference.substr(1))), reference.substr(1));
    } catch (const Json::exception&) {
        fail(path, "there is nothing at " + reference);
    }
}

// One payload on its way through the schema.
struct Schema::Walk {
    std::string& why;
    std::vector<std::string> place = {};
    size_t steps = 0;
    size_t depth = 0;

    bool refuse(const std::string& what) {
        why = "the payload does not follow the schema: ";
        for (const std::string& token : place) why += "/" + token.substr(0, 60);
        why += (place.empty() ? "it " : ": ") + what;
        return false;
    }
    bool inside(const std::string& token, const Node& node, const Json& value) {
        place.push_back(token);
        const bool ok = check(node, value);
        place.pop_back();
        return ok;
    }
    bool check(const Node& node, const Json& value) {
        // The payload nests at most 128 deep; deeper here means references that go round.
        if (depth > 1000) steps = kMostSteps;
        if (++steps > kMostSteps) return refuse("takes too long to check");
        ++depth;
        const bool ok = check_value(node, value) && check_number(node, value) && check_array(node, value) &&
                        check_object(node, value) && check_others(node, value);
        --depth;
        return ok;
    }
    bool check_value(const Node& node, const Json& value) {
        if (node.is_false) return refuse("is not allowed");
        if (node.types && !(node.types & type_of(value))) {
            return refuse("is of type " + names_of(type_of(value) & ~(value.is_number_integer() ? kNumber : 0u)) +
                          ", not " + names_of(node.types));
        }
        if (node.constant && value != *node.constant) return refuse("is not the value that it must be");
        if (node.has_choices && std::find(node.choices.begin(), node.choices.end(), value) == node.choices.end()) {
            return refuse("is none of the values that it may be");
        }
        if (!value.is_string() || (!node.min_length && !node.max_length)) return true;
        const size_t length = characters(value.get_ref<const std::string&>());
        if (node.min_length && length < *node.min_length) return refuse("is shorter than minLength");
        if (node.max_length && length > *node.max_length) return refuse("is longer than maxLength");
        return true;
    }
    bool check_number(const Node& node, const Json& value) {
        if (!value.is_number()) return true;
        const double number = value.get<double>();
        if (node.minimum && number < *node.minimum) return refuse("is below minimum");
        if (node.maximum && number > *node.maximum) return refuse("is above maximum");
        if (node.above && number <= *node.above) return refuse("is not above exclusiveMinimum");
        if (node.below && number >= *node.below) return refuse("is not below exclusiveMaximum");
        return true;
    }
    bool check_array(const Node& node, const Json& value) {
        if (!value.is_array()) return true;
        if (node.min_items && value.size() < *node.min_items) return refuse("has fewer elements than minItems");
        if (node.max_items && value.size() > *node.max_items) return refuse("has more elements than maxItems");
        for (size_t i = 0; node.items && i < value.size(); ++i) {
            if (!inside(std::to_string(i), *node.items, value[i])) return false;
        }
        return true;
    }
    bool check_object(const Node& node, const Json& value) {
        if (!value.is_object()) return true;
        if (node.min_properties && value.size() < *node.min_properties) return refuse("has too few members");
        if (node.max_properties && value.size() > *node.max_properties) return refuse("has too many members");
        for (const std::string& name : node.required) {
            if (!value.contains(name)) return refuse("lacks \"" + name + "\"");
        }
        for (const auto& [name, member] : value.items()) {
            const auto it = node.properties.find(name);
            const Node* its = it != node.properties.end() ? it->second : node.additional;
            if (its && !inside(name, *its, member)) return false;
        }
        return true;
    }
    bool check_others(const Node& node, const Json& value) {
        if (node.reference && !check(*node.reference, value)) return false;
        for (const Node* each : node.all_of) {
            if (!check(*each, value)) return false;
        }
        if (!node.any_of.empty() && count(node.any_of, value, 1) == 0) return refuse("follows none of anyOf");
        if (!node.one_of.empty()) {
            const size_t n = count(node.one_of, value, 2);
            if (n != 1) return refuse(n ? "follows several of oneOf" : "follows none of oneOf");
        }
        if (node.negated && check(*node.negated, value)) return refuse("follows what it must not");
        return steps <= kMostSteps || refuse("takes too long to check");
    }
    size_t count(const std::vector<const Node*>& of, const Json& value, size_t enough) {
        size_t n = 0;
        for (const Node* each : of) {
            if (n < enough && check(*each, value)) ++n;
        }
        return n;
    }
};

bool Schema::accepts(const Json& value, std::string& why) const {
    Walk walk{why};
    return walk.check(*root_, value);
}

}  // namespace leat::validate
