#include "show/messages.hpp"

#include <algorithm>
#include <cstdint>

namespace leat::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_utf8(const std::string& bytes) {
    try {
        (void)Json(bytes).dump();
        return true;
    } catch (const Json::type_error&) {
        return false;
    }
}

// A string as it is, anything else as its JSON text.
std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// Returns what is wrong with the line.
std::string read_member(const std::string& name, const Json& value, TryMessage& message) {
    if (name == "topic") {
        if (!value.is_string()) return "\"topic\" is no string";
        message.topic = value.get<std::string>();
    } else if (name == "key") {
        if (!value.is_null()) message.key = text_of(value);
    } else if (name == "payload") {
        if (!value.is_null()) message.payload = text_of(value);
    } else if (name == "payload_base64") {
        message.payload = value.is_string() ? from_base64(value.get<std::string>()) : std::nullopt;
        if (!message.payload) return "\"payload_base64\" is no base64";
    } else if (name == "headers") {
        if (!value.is_object()) return "\"headers\" is no object";
        for (const auto& [header, text] : value.items()) message.headers.emplace_back(header, text_of(text));
    } else {
        return "unknown name \"" + name + "\"; a message has topic, key, payload, payload_base64 and headers";
    }
    return {};
}

std::string read_line(std::string_view line, TryMessage& message) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return "no JSON object, such as {\"topic\":\"t\",\"payload\":\"p\"}";
    for (const auto& [name, value] : json.items()) {
        if (std::string wrong = read_member(name, value, message); !wrong.empty()) return wrong;
    }
    return {};
}

}  // namespace

std::optional<std::vector<TryMessage>> parse_messages(std::string_view lines, std::string& error) {
    std::vector<TryMessage> messages;
    for (size_t number = 1; !lines.empty(); ++number) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        const std::string wrong = read_line(line, messages.emplace_back());
        if (wrong.empty()) continue;
        error = "line " + std::to_string(number) + ": " + wrong;
        return std::nullopt;
    }
    return messages;
}

void add_message(Json& object, const TryMessage& message) {
    object["topic"] = message.topic;
    object["key"] = nullptr;
    if (message.key) object["key"] = *message.key;
    if (message.payload && !is_utf8(*message.payload)) {
        object["payload_base64"] = to_base64(*message.payload);
    } else {
        object["payload"] = nullptr;
        if (message.payload) object["payload"] = *message.payload;
    }
    object["headers"] = Json::array();
    for (const auto& [name, value] : message.headers) object["headers"].push_back({{"name", name}, {"value", value}});
}

std::string to_base64(std::string_view bytes) {
    std::string out;
    for (size_t i = 0; i < bytes.size(); i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; ++k)
            bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    for (int padding = 0; padding < 2 && !text.empty() && text.back() == '='; ++padding) text.remove_suffix(1);
    std::string out;
    uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const size_t value = kDigits.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<uint32_t>(value);
        if ((count += 6) < 8) continue;
        count -= 8;
        out += static_cast<char>(bits >> count & 0xFF);
    }
    return out;
}

}  // namespace leat::app
