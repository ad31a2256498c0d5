#include "expression/field.hpp"

#include <charconv>
#include <cstring>

#include "expression/scratch.hpp"

namespace leat::expression {
namespace {

std::optional<Field> parse_level(Field field, std::string_view digits, std::string& error) {
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, field.level);
    if (read.ec != std::errc{} || read.ptr != end) {
        error = field.written + ": expected the number of a level of the topic, from 0: topic[1]";
        return std::nullopt;
    }
    field.kind = Field::Kind::level;
    return field;
}

Found read_level(const Field& field, std::string_view topic, FieldValue& out) {
    for (uint32_t skip = field.level; skip > 0; --skip) {
        const size_t end = topic.find(field.separator);
        if (end == std::string_view::npos) return Found::missing;
        topic.remove_prefix(end + 1);
    }
    out.text = topic.substr(0, topic.find(field.separator));
    return Found::yes;
}

Found read_header(const Field& field, const leat_message& message, FieldValue& out) {
    for (uint32_t i = 0; i < message.header_count; ++i) {
        const leat_header& header = message.headers[i];
        if (view(header.name) != field.name) continue;
        if (!header.value.data) return Found::missing;
        out.text = view(header.value);
        return Found::yes;
    }
    return Found::missing;
}

Found read_json(const Field& field, const leat_message& message, leat_text& scratch, FieldValue& out) {
    if (!message.payload.data) return Found::missing;
    JsonValue value;
    const JsonScan scan = find_json(view(message.payload), field.pointer, value);
    if (scan == JsonScan::malformed) return Found::malformed;
    if (scan == JsonScan::absent || value.kind == JsonKind::null) return Found::missing;
    out.number = value.kind == JsonKind::number;
    if (!value.escaped) {
        out.text = value.text;
        return Found::yes;
    }
    const size_t begin = scratch.size;
    if (!decode_json_string(value.text, scratch)) {
        scratch.size = begin;
        return Found::malformed;
    }
    out.text = {scratch.data + begin, scratch.size - begin};
    out.decoded = true;
    return Found::yes;
}

Found read_timestamp(const leat_message& message, leat_text& scratch, FieldValue& out) {
    if (message.timestamp_ns == 0) return Found::missing;
    constexpr size_t kDigits = 24;
    const size_t begin = scratch.size;
    reserve(scratch, kDigits);
    char* first = scratch.data + begin;
    const auto end = std::to_chars(first, first + kDigits, message.timestamp_ns / 1'000'000).ptr;
    scratch.size = static_cast<size_t>(end - scratch.data);
    out.text = {first, static_cast<size_t>(end - first)};
    out.decoded = true;
    return Found::yes;
}

}  // namespace

std::optional<Field> Field::parse(std::string_view text, const Surroundings& around, std::string& error) {
    Field field;
    field.separator = around.separator;
    field.written = text;
    if (text == "topic" || text == "routing_key") return field;
    if (text.substr(0, 6) == "topic[" && text.back() == ']')
        return parse_level(field, text.substr(6, text.size() - 7), error);
    if (text == "key") {
        field.kind = Kind::key;
    } else if (text == "payload") {
        field.kind = Kind::payload;
    } else if (text == "timestamp") {
        field.kind = Kind::timestamp;
    } else if (text == "route") {
        field.kind = Kind::route;
        field.name = around.route;
    } else if (text == "exchange") {
        field.kind = Kind::header;
        field.name = kExchangeHeader;
    } else if (text.substr(0, 7) == "header:") {
        field.kind = Kind::header;
        field.name = text.substr(7);
        if (field.name.empty()) {
            error = "expected the name of a header: header:NAME";
            return std::nullopt;
        }
    } else if (text.substr(0, 5) == "json:") {
        field.kind = Kind::json;
        auto pointer = JsonPointer::parse(text.substr(5), error);
        if (!pointer) return std::nullopt;
        field.pointer = std::move(*pointer);
    } else {
        if (text == "each" || text.substr(0, 5) == "each:") {
            error = "${" + std::string(text.substr(0, 60)) +
                    "} is filled in where a \"for_each\" stands, and there is none";
            return std::nullopt;
        }
        error = "unknown field \"" + std::string(text.substr(0, 60)) +
                "\"; there are topic, topic[1], key, payload, header:NAME, json:/pointer, timestamp, route, "
                "routing_key, exchange";
        return std::nullopt;
    }
    return field;
}

Found find_field(const Field& field, const leat_message& message, leat_text& scratch, FieldValue& out) {
    out = FieldValue{};
    switch (field.kind) {
        case Field::Kind::level:
            return message.topic.data ? read_level(field, view(message.topic), out) : Found::missing;
        case Field::Kind::header:
            return read_header(field, message, out);
        case Field::Kind::json:
            return read_json(field, message, scratch, out);
        case Field::Kind::timestamp:
            return read_timestamp(message, scratch, out);
        case Field::Kind::route:
            out.text = field.name;
            return Found::yes;
        default:
            return read_field(field, message, scratch, out);
    }
}

void explain(const Field& field, Found found, leat_text& out) {
    append(out, field.written);
    if (found == Found::malformed) {
        append(out, ": the payload is not well-formed JSON");
    } else if (field.kind == Field::Kind::json) {
        append(out, ": the payload has no such value");
    } else {
        append(out, ": the message has none");
    }
}

}  // namespace leat::expression
