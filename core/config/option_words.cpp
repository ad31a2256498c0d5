#include "config/option_words.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "config/units.hpp"

namespace leat::config {
namespace {

using Json = nlohmann::ordered_json;

std::string_view type_name(uint32_t type) {
    switch (type) {
        case LEAT_STRING:
            return "string";
        case LEAT_SECRET:
            return "secret";
        case LEAT_INTEGER:
            return "integer";
        case LEAT_NUMBER:
            return "number";
        case LEAT_BOOLEAN:
            return "boolean";
        case LEAT_DURATION:
            return "duration";
        case LEAT_SIZE:
            return "size";
        case LEAT_ENUM:
            return "word";
        case LEAT_LIST:
            return "list";
        case LEAT_MAP:
            return "map";
        case LEAT_TEMPLATE:
            return "template";
        case LEAT_CONDITION:
            return "condition";
        case LEAT_RATE:
            return "rate";
        case LEAT_URL:
            return "URL";
        case LEAT_BLOCK:
            return "object";
        case LEAT_PATH:
            return "path";
        default:
            return "unknown";
    }
}

}  // namespace

std::vector<const leat_option*> options_in(const leat_option* const* list) {
    std::vector<const leat_option*> out;
    for (; list && *list; ++list) out.push_back(*list);
    return out;
}

std::vector<std::string_view> words_in(const char* const* list) {
    std::vector<std::string_view> out;
    for (; list && *list; ++list) out.emplace_back(*list);
    return out;
}

std::string type_in_words(const leat_option& option) {
    if (option.type == LEAT_ENUM) {
        std::string out;
        for (const std::string_view word : words_in(option.allowed)) (out += out.empty() ? "" : ", ") += word;
        return "one of " + out;
    }
    if (option.type == LEAT_LIST) return "list of " + std::string(type_name(option.element)) + "s";
    if (option.type == LEAT_MAP) return "map of names to " + std::string(type_name(option.element)) + "s";
    return std::string(type_name(option.type));
}

std::string bound_in_words(uint32_t type, double value) {
    if (type == LEAT_DURATION)
        return format_duration(std::chrono::nanoseconds(std::llround(std::clamp(value, 0.0, 9.2e18))));
    if (type == LEAT_SIZE) return format_size(static_cast<uint64_t>(std::clamp(value, 0.0, 9.2e18)));
    if (type == LEAT_RATE) return format_rate(value);
    return format_number(value);
}

std::string range_in_words(const leat_option& option) {
    if (!(option.minimum < option.maximum)) return {};
    return bound_in_words(option.type, option.minimum) + " to " + bound_in_words(option.type, option.maximum);
}

Json default_of(const leat_option& option) {
    if (!option.default_json) return nullptr;
    Json value = Json::parse(option.default_json, nullptr, false);
    if (value.is_discarded()) return nullptr;
    const auto words = words_in(option.allowed);
    if (option.type == LEAT_ENUM && value.is_number_unsigned() && value.get<size_t>() < words.size()) {
        return std::string(words[value.get<size_t>()]);  // an index does for a default
    }
    return value;
}

bool is_sensitive(std::string_view name) {
    static constexpr std::array<std::string_view, 6> kWords{"password", "passwd", "secret",
                                                            "key",      "token",  "authorization"};
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return std::any_of(kWords.begin(), kWords.end(),
                       [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

std::string without_user(std::string_view text) {
    std::string out;
    while (true) {
        const size_t scheme = text.find("://");
        if (scheme == std::string_view::npos) return out += text;
        out += text.substr(0, scheme + 3);
        text.remove_prefix(scheme + 3);
        const std::string_view authority = text.substr(0, text.find_first_of("/?#, "));
        const size_t user = authority.rfind('@');
        if (user == std::string_view::npos) continue;
        out += kMask;
        text.remove_prefix(user);
    }
}

}  // namespace leat::config
