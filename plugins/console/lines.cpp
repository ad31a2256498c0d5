#include "lines.hpp"

#include <leat/sdk/flow/message.hpp>

#include <array>
#include <nlohmann/json.hpp>

namespace leat::console {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Length of the well-formed UTF-8 sequence at the front; 0: none. [RFC 3629]
size_t utf8_length(std::string_view s) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
    const auto follows = [&](size_t i) { return i < s.size() && (byte(i) & 0xC0) == 0x80; };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if ((first & 0xF0) == 0xE0 && follows(1) && follows(2)) {
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) > 0x9F;
        return overlong || surrogate ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3)) {
        const bool overlong = first == 0xF0 && byte(1) < 0x90;
        const bool beyond = first == 0xF4 && byte(1) > 0x8F;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

bool is_utf8(std::string_view s) {
    while (!s.empty()) {
        const size_t n = utf8_length(s);
        if (n == 0) return false;
        s.remove_prefix(n);
    }
    return true;
}

void append_base64(std::string& out, std::string_view s) {
    for (size_t i = 0; i < s.size(); i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; ++k)
            bits = bits << 8 | (i + k < s.size() ? static_cast<unsigned char>(s[i + k]) : 0);
        for (size_t k = 0; k < 4; ++k) {
            out += i + k <= s.size() ? kBase64[bits >> (18 - 6 * k) & 63] : '=';
        }
    }
}

std::optional<std::string> from_base64(std::string_view s) {
    if (s.size() % 4 != 0) return std::nullopt;
    std::string out;
    while (!s.empty() && s.back() == '=') s.remove_suffix(1);
    uint32_t bits = 0;
    int count = 0;
    for (char c : s) {
        const size_t value = kBase64.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xFF);
        }
    }
    return out;
}

void append_quoted(std::string& out, std::string_view s) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += '"';
    for (char c : s) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            out += kHex[static_cast<unsigned char>(c) >> 4];
            out += kHex[c & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

// "name":"text", or "name_base64":"...", or "name":null.
void append_member(std::string& out, std::string_view name, leat_bytes value) {
    const bool is_text = is_utf8(view(value));
    append_quoted(out, is_text ? std::string(name) : std::string(name) + "_base64");
    out += ':';
    if (!present(value)) {
        out += "null";
    } else if (is_text) {
        append_quoted(out, view(value));
    } else {
        out += '"';
        append_base64(out, view(value));
        out += '"';
    }
}

using Json = nlohmann::json;

// A member as bytes: text as it is, null as absent, another value as its JSON text. False: the base64 is broken.
bool read_member(const Json& object, const std::string& name, std::optional<std::string>& into) {
    if (const auto it = object.find(name + "_base64"); it != object.end()) {
        into = it->is_string() ? from_base64(it->get_ref<const std::string&>()) : std::nullopt;
        return into.has_value();
    }
    const auto it = object.find(name);
    if (it == object.end() || it->is_null()) return true;
    into = it->is_string() ? it->get<std::string>() : it->dump();
    return true;
}

}  // namespace

void append_line(std::string& out, const leat_message& message, uint32_t show) {
    if (show & kShowTopic) out.append(view(message.topic)) += '\t';
    if (show & kShowKey) out.append(view(message.key)) += '\t';
    if (show & kShowHeaders) {
        for (uint32_t i = 0; i < message.header_count; ++i) {
            if (i) out += ',';
            out.append(view(message.headers[i].name)) += '=';
            out.append(view(message.headers[i].value));
        }
        out += '\t';
    }
    out.append(view(message.payload)) += '\n';
}

void append_json(std::string& out, const leat_message& message) {
    out += '{';
    append_member(out, "topic", message.topic);
    if (present(message.key)) append_member(out += ',', "key", message.key);
    append_member(out += ',', "payload", message.payload);
    if (message.header_count) {
        out += ",\"headers\":{";
        for (uint32_t i = 0; i < message.header_count; ++i) {
            if (i) out += ',';
            append_member(out, view(message.headers[i].name), message.headers[i].value);
        }
        out += '}';
    }
    out += "}\n";
}

std::optional<Line> parse_json(std::string_view text, std::string& why) {
    const Json object = Json::parse(text, nullptr, false);
    if (!object.is_object()) {
        why = object.is_discarded() ? "the line is no JSON" : "the line is JSON, but no object";
        return std::nullopt;
    }
    Line line;
    for (const auto& [name, into] :
         {std::pair{"topic", &line.topic}, {"key", &line.key}, {"payload", &line.payload}}) {
        if (read_member(object, name, *into)) continue;
        why = std::string(name) + "_base64 is no base64";
        return std::nullopt;
    }
    const auto headers = object.find("headers");
    if (headers == object.end()) return line;
    if (!headers->is_object()) {
        why = "headers is no object";
        return std::nullopt;
    }
    for (const auto& [name, value] : headers->items()) {
        line.headers.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
    }
    return line;
}

Line parse_line(std::string_view text, std::string_view key_separator) {
    Line line;
    const size_t at = key_separator.empty() ? std::string_view::npos : text.find(key_separator);
    if (at == std::string_view::npos) {
        line.payload = text;
    } else {
        line.key = text.substr(0, at);
        line.payload = text.substr(at + key_separator.size());
    }
    return line;
}

}  // namespace leat::console
