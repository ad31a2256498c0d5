#include "mapping.hpp"

#include <charconv>
#include <cstring>

#include "native/codec/properties.hpp"

namespace leat::mqtt {
namespace {

constexpr std::string_view kContentType = "content-type";
constexpr std::string_view kResponseTopic = "mqtt-response-topic";
constexpr std::string_view kCorrelationData = "mqtt-correlation-data";
constexpr std::string_view kMessageExpiry = "mqtt-message-expiry";
constexpr std::string_view kPayloadFormat = "mqtt-payload-format";
constexpr std::string_view kPrefix = "mqtt-";
constexpr std::size_t kLongestNumber = 10;  // digits of a 32-bit number

std::size_t count_properties(Bytes block) {
    std::size_t n = 0;
    PropertyReader reader(block);
    for (PropertyView p; reader.next(p);) ++n;
    return n;
}

// Writes decimal digits to `digits` and moves it on.
leat_bytes decimal(std::uint32_t number, char*& digits) {
    char* const begin = digits;
    digits = std::to_chars(begin, begin + kLongestNumber, number).ptr;
    return {begin, static_cast<std::size_t>(digits - begin)};
}

// The header that a property becomes; false for those that are not passed on.
bool header_of(const PropertyView& p, char*& digits, leat_header& out) {
    switch (p.id) {
        case Property::content_type:
            out = {bytes(kContentType), bytes(p.text)};
            return true;
        case Property::response_topic:
            out = {bytes(kResponseTopic), bytes(p.text)};
            return true;
        case Property::correlation_data:
            out = {bytes(kCorrelationData), bytes(p.text)};
            return true;
        case Property::message_expiry:
            out = {bytes(kMessageExpiry), decimal(p.number, digits)};
            return true;
        case Property::user:
            out = {bytes(p.text), bytes(p.value)};
            return true;
        case Property::payload_format:
            out = {bytes(kPayloadFormat), bytes("utf-8")};
            return p.number == 1;
        default:
            return false;
    }
}

// Counts the bytes of a property block, and says what cannot stand in it.
struct Counter {
    std::size_t size = 0;
    Fault fault = nullptr;

    void text(Property, std::string_view t, Fault too_long, Fault not_text) {
        if (t.size() > 65'535) fault = too_long;
        if (not_text != nullptr && !valid_utf8(t)) fault = not_text;
        size += 3 + t.size();
    }
    void number(Property, std::uint32_t) { size += 5; }
    void flag(Property) { size += 2; }
    void pair(std::string_view name, std::string_view value) {
        if (name.size() > 65'535 || value.size() > 65'535) fault = "a header is longer than 65535 bytes";
        if (!valid_utf8(name) || !valid_utf8(value))
            fault = "a header is not UTF-8 and cannot be a user property; user_properties: false leaves them out";
        size += 5 + name.size() + value.size();
    }
};

// Writes what the counter has counted.
struct Writer {
    std::uint8_t* at;

    void id(Property p) { *at++ = static_cast<std::uint8_t>(p); }
    void data(std::string_view t) {
        *at++ = static_cast<std::uint8_t>(t.size() >> 8U);
        *at++ = static_cast<std::uint8_t>(t.size() & 0xFFU);
        if (!t.empty()) std::memcpy(at, t.data(), t.size());
        at += t.size();
    }
    void text(Property p, std::string_view t, Fault, Fault) { id(p), data(t); }
    void number(Property p, std::uint32_t n) {
        id(p);
        for (const unsigned shift : {24U, 16U, 8U, 0U}) *at++ = static_cast<std::uint8_t>((n >> shift) & 0xFFU);
    }
    void flag(Property p) {
        id(p);
        *at++ = 1;
    }
    void pair(std::string_view name, std::string_view value) { id(Property::user), data(name), data(value); }
};

// One pass over the headers, each special property at most once.
template <class Out>
void lay_out(Out& out, const leat_message& message, const SinkProperties& sink) {
    bool has_type = !sink.content_type.empty();
    bool has_expiry = sink.message_expiry != 0;
    bool has_response = false;
    bool has_correlation = false;
    bool has_format = false;
    if (has_type)
        out.text(Property::content_type, sink.content_type, "content_type is too long", "content_type is not UTF-8");
    if (has_expiry) out.number(Property::message_expiry, sink.message_expiry);
    for (std::uint32_t i = 0; i < message.header_count; ++i) {
        const std::string_view name = view(message.headers[i].name);
        const std::string_view value = view(message.headers[i].value);
        std::uint32_t seconds = 0;
        if (name == kContentType) {
            if (!has_type)
                out.text(Property::content_type, value, "the content type is too long",
                         "the content type is not UTF-8");
            has_type = true;
        } else if (name.substr(0, kPrefix.size()) != kPrefix) {
            if (sink.user_properties) out.pair(name, value);
        } else if (name == kResponseTopic) {
            if (!has_response)
                out.text(Property::response_topic, value, "the response topic is too long",
                         "the response topic is not UTF-8");
            has_response = true;
        } else if (name == kCorrelationData) {
            if (!has_correlation)
                out.text(Property::correlation_data, value, "the correlation data are too long", nullptr);
            has_correlation = true;
        } else if (name == kMessageExpiry) {
            const auto end = value.data() + value.size();
            const bool is_number = std::from_chars(value.data(), end, seconds).ptr == end && !value.empty();
            if (is_number && !has_expiry) out.number(Property::message_expiry, seconds);
            has_expiry = has_expiry || is_number;
        } else if (name == kPayloadFormat) {
            if (!has_format && value == "utf-8") out.flag(Property::payload_format);
            has_format = true;
        } else if (sink.user_properties) {
            out.pair(name, value);
        }
    }
}

}  // namespace

std::uint32_t lane_of_topic(std::string_view topic) {
    std::uint64_t hash = 0x9E3779B97F4A7C15U ^ topic.size();
    const auto mix = [&hash](std::uint64_t word) {
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDU;
        hash ^= hash >> 32U;
    };
    std::size_t at = 0;
    for (; at + 8 <= topic.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, topic.data() + at, 8);
        mix(word);
    }
    if (at < topic.size()) {
        std::uint64_t word = 0;
        std::memcpy(&word, topic.data() + at, topic.size() - at);
        mix(word);
    }
    return static_cast<std::uint32_t>(hash);
}

void add_headers(const Publish& publish, Arena& arena, leat_message& message) {
    const std::size_t most = count_properties(publish.properties);
    if (most == 0) return;
    char* const memory = arena.reserve(most * sizeof(leat_header) + kLongestNumber);
    auto* const headers = reinterpret_cast<leat_header*>(memory);
    char* digits = memory + most * sizeof(leat_header);
    std::uint32_t count = 0;
    PropertyReader reader(publish.properties);
    for (PropertyView p; reader.next(p);)
        if (header_of(p, digits, headers[count])) ++count;
    message.headers = headers;
    message.header_count = count;
    arena.attach(message);
}

std::size_t properties_size(const leat_message& message, const SinkProperties& sink, Fault& fault) {
    Counter counter;
    lay_out(counter, message, sink);
    fault = counter.fault;
    return counter.size;
}

std::uint8_t* write_properties(std::uint8_t* at, const leat_message& message, const SinkProperties& sink) {
    Writer writer{at};
    lay_out(writer, message, sink);
    return writer.at;
}

}  // namespace leat::mqtt
