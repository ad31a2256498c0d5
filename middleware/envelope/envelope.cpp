#include "envelope.hpp"

#include "bounded_json/utf8.hpp"
#include "time.hpp"

#include <vector>

namespace leat::envelope {
namespace {

constexpr size_t kMostHeaders = 256;  // each that is set or taken away costs a new table of all

// Headers by name; several of a name as a list, in their order.
Json wrap_headers(const leat_message& m) {
    Json headers = Json::object();
    for (uint32_t i = 0; i < m.header_count; ++i) {
        const std::string_view bytes = view(m.headers[i].name);
        const std::string name(bytes.substr(0, bounded_json::utf8_prefix(bytes)));
        Json value = present(m.headers[i].value) ? to_json(view(m.headers[i].value)) : Json();
        const auto [at, is_new] = headers.emplace(name, value);
        if (is_new) continue;
        if (!at->is_array()) at.value() = Json::array({std::move(at.value())});
        at->push_back(std::move(value));
    }
    return headers;
}

}  // namespace

void Envelope::handle(Message& message) {  // hot: per message
    if (mode == Mode::wrap) {
        Json whole = Json::object();
        if (!wrap(message, whole)) return message.reject(why_);
        message.set_payload(bounded_json::write(whole));
        return;
    }
    Json whole;
    if (!message.has_payload()) return message.reject("there is no payload to unwrap");
    if (!bounded_json::read(message.payload(), whole, why_)) return message.reject(why_);
    if (!whole.is_object()) return message.reject("the payload is no envelope: it is no object");
    if (!unwrap(whole, message)) message.reject("the payload is no envelope: " + why_);
}

bool Envelope::wrap(const Message& message, Json& into) {
    into["topic"] = to_json(message.topic());
    if (message.has_key()) into["key"] = to_json(message.key());
    if (message.timestamp().count()) into["timestamp"] = show_time(message.timestamp().count());
    if (message.c().header_count) into["headers"] = wrap_headers(message.c());
    if (!message.has_payload()) return true;
    if (payload == As::json) return bounded_json::read(message.payload(), into["payload"], why_);
    into["payload"] = payload == As::text ? to_json(message.payload()) : to_base64(message.payload());
    return true;
}

// Everything is read before anything is set.
bool Envelope::unwrap(const Json& from, Message& message) {
    const auto member = [&](const char* name) {
        const auto at = from.find(name);
        return at == from.end() ? nullptr : &*at;
    };
    const Json *topic = member("topic"), *key = member("key"), *time = member("timestamp"), *body = member("payload");
    if (topic && (!from_json(*topic, topic_) || topic_.empty())) return say("/topic is no text, or empty");
    if (key && !from_json(*key, key_)) return say("/key is neither a text nor base64");
    if (body && !read_payload(*body)) return false;
    std::optional<int64_t> at;
    if (time && time->is_string()) at = read_time(time->get_ref<const std::string&>());
    if (time && !at) return say("/timestamp is no time like \"2026-11-21T15:33:09Z\"");
    if (const Json* headers = member("headers"); !unwrap_headers(headers ? *headers : Json::object(), message)) {
        return false;
    }
    if (topic) message.set_topic(topic_);
    if (key) message.set_key(key_);
    if (!key) message.remove_key();
    message.set_timestamp(std::chrono::nanoseconds(at.value_or(0)));
    if (body) message.set_payload(bytes_);
    if (!body) message.remove_payload();
    return true;
}

bool Envelope::read_payload(const Json& value) {
    if (payload == As::json) {
        bytes_ = bounded_json::write(value);
        return true;
    }
    return from_json(value, bytes_) || say("/payload is neither a text nor base64");
}

// In the place of those that the message came with.
bool Envelope::unwrap_headers(const Json& from, Message& message) {
    if (!from.is_object()) return say("/headers is no object");
    if (from.size() > kMostHeaders || message.c().header_count > kMostHeaders)
        return say("it has more than 256 headers");
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& [name, value] : from.items()) {
        const Json& first = value.is_array() && !value.empty() ? value.front() : value;
        auto& [new_name, text] = all.emplace_back(name, "");
        if (!first.is_null() && !from_json(first, text))
            return say("/headers/" + new_name + " is neither a text nor base64");
    }
    while (message.c().header_count) message.remove_header(view(message.c().headers[0].name));
    for (const auto& [name, value] : all) message.set_header(name, value);
    return true;
}

}  // namespace leat::envelope
