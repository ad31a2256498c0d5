// Sets parts of a message from templates. All templates see the message as it came, so parts may change places.
#pragma once
#include <leat/sdk/handler.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::set {

/// A message for which a template has no value, or an empty topic, is rejected and stays as it was.
class Set : public Handler {
  public:
    Template topic, key, payload;
    std::vector<std::pair<std::string, Template>> headers;
    std::vector<std::string> remove_headers;

    static auto options() {
        return leat::options(option<&Set::topic>("topic", "The new topic.").example("\"plant/${key}\""),
                             option<&Set::key>("key", "The new key.").example("\"${topic[1]}\""),
                             option<&Set::payload>("payload", "The new payload."),
                             option<&Set::headers>("headers", "Headers to set; one of that name is replaced.")
                                 .example("{ \"mqtt-topic\": \"${topic}\" }"),
                             option<&Set::remove_headers>(
                                 "remove_headers",
                                 "Names of headers to take away, before others are set; a * at the end stands "
                                 "for any ending.")
                                 .example("[\"x-internal-*\"]"));
    }

    void open() override { values_.resize(headers.size()); }

    void handle(Message& message) override {  // hot: per message
        // All are filled in first: each template has a text of its own, which stays until its next use.
        leat_bytes new_topic{}, new_key{}, new_payload{};
        if (!fill(topic, "topic", message, new_topic)) return;
        if (topic && new_topic.size == 0) return message.reject("topic: the new topic is empty");
        if (!fill(key, "key", message, new_key)) return;
        if (!fill(payload, "payload", message, new_payload)) return;
        for (size_t i = 0; i < headers.size(); ++i) {
            if (!fill(headers[i].second, headers[i].first.c_str(), message, values_[i])) return;
        }
        if (!remove_headers.empty()) {
            // Each that goes costs a new table.
            if (message.c().header_count > kMostHeaders) {
                return message.reject("remove_headers: the message has more than 1024 headers");
            }
            take_away(message);
        }
        if (topic) message.set_topic(view(new_topic));
        if (key) message.set_key(view(new_key));
        if (payload) message.set_payload(view(new_payload));
        for (size_t i = 0; i < headers.size(); ++i) message.set_header(headers[i].first, view(values_[i]));
    }

  private:
    static constexpr uint32_t kMostHeaders = 1024;

    static bool fill(Template& from, const char* part, Message& message, leat_bytes& into) {
        if (!from) return true;
        const Template::Result result = from(message.c());
        if (result.ok) return into = result.text, true;
        message.reject(std::string(part) + ": " + std::string(view(result.text)));
        return false;
    }

    static bool matches(std::string_view pattern, std::string_view name) {
        if (!pattern.ends_with('*')) return name == pattern;
        return name.starts_with(pattern.substr(0, pattern.size() - 1));
    }
    void take_away(Message& message) {
        for (const std::string& pattern : remove_headers) {
            for (uint32_t i = 0; i < message.c().header_count;) {
                const std::string_view name = view(message.c().headers[i].name);
                if (matches(pattern, name)) {
                    message.remove_header(name);  // all of that name
                } else {
                    ++i;
                }
            }
        }
    }

    std::vector<leat_bytes> values_;
};

}  // namespace leat::set
