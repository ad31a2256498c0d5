// One piece of data of a message, as templates and conditions name it:
//
//   topic   topic[1]   key   payload   header:NAME   json:/pointer   timestamp   routing_key   exchange   route
//
// routing_key is the message's topic, which is where a RabbitMQ source puts it; exchange is the header
// `leat-exchange`. timestamp is in milliseconds since 1970-01-01 UTC. A JSON null, a timestamp of 0 and absent bytes
// are missing values.
#pragma once

#include <leat/plugin.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "expression/json_scan.hpp"
#include "expression/scratch.hpp"

namespace leat::expression {

inline constexpr std::string_view kExchangeHeader = "leat-exchange";

// What an expression is compiled for.
struct Surroundings {
    char separator = '.';  // between the levels of a topic, of the source that the messages come from
    std::string route;     // the name that ${route} stands for
};

struct Field {
    enum class Kind : uint8_t { topic, level, key, payload, header, json, timestamp, route };

    Kind kind = Kind::topic;
    char separator = '.';
    uint32_t level = 0;   // of a topic, from 0
    std::string written;  // as the user wrote it: for errors
    std::string name;     // of a header; of the route
    JsonPointer pointer;

    // Reads what stands between the braces of ${...}. On failure nothing and a sentence in `error`.
    static std::optional<Field> parse(std::string_view text, const Surroundings& around, std::string& error);
};

enum class Found : uint8_t { yes, missing, malformed };

// A field's value: a view into the message or into the scratch text.
struct FieldValue {
    std::string_view text;
    bool number = false;   // a JSON number
    bool decoded = false;  // the view is the part of scratch that was appended
};

// Of fields that have to be looked for: a level, a header, in JSON, and the like.
Found find_field(const Field& field, const leat_message& message, leat_text& scratch, FieldValue& out);

// hot: per message. May append to `scratch`, and the view then lasts until the next append to it.
inline Found read_field(const Field& field, const leat_message& message, leat_text& scratch, FieldValue& out) {
    const auto give = [&out](const leat_bytes& bytes) {
        out = FieldValue{};
        out.text = view(bytes);
        return bytes.data ? Found::yes : Found::missing;
    };
    switch (field.kind) {
        case Field::Kind::topic:
            return give(message.topic);
        case Field::Kind::key:
            return give(message.key);
        case Field::Kind::payload:
            return give(message.payload);
        default:
            return find_field(field, message, scratch, out);
    }
}

// Appends why `field` has no value: "json:/value: the payload is not JSON".
void explain(const Field& field, Found found, leat_text& out);

}  // namespace leat::expression
