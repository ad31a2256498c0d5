// Descriptors for the tests and the fuzz target of this folder: one option of each type, and nothing behind them.
#pragma once

#include <leat/plugin.h>

#include <string>
#include <vector>

#include "config/validate.hpp"

namespace leat::config::sample {

inline leat_option option(uint32_t type, const char* name, const char* description, const char* otherwise = nullptr,
                          uint32_t flags = 0) {
    leat_option out{};
    out.size = sizeof out;
    out.type = type;
    out.name = name;
    out.description = description;
    out.default_json = otherwise;
    out.flags = flags;
    return out;
}

inline leat_option ranged(leat_option out, double low, double high) {
    out.minimum = low;
    out.maximum = high;
    return out;
}

inline leat_option of(leat_option out, uint32_t element) {
    out.element = element;
    return out;
}

inline const char* const kNoSubscriber[] = {"ack", "retry", "reject", nullptr};
inline const char* const kVersions[] = {"5", "3.1.1", nullptr};

inline const leat_option kCa = option(LEAT_PATH, "ca", "File with trusted certificates.");
inline const leat_option kKeyPassword = option(LEAT_SECRET, "key_password", "Password of the key.");
inline const leat_option kVerify = option(LEAT_BOOLEAN, "verify", "Whether the host name is checked.", "true");
inline const leat_option* const kTlsFields[] = {&kCa, &kKeyPassword, &kVerify, nullptr};

inline const leat_option kUrl = [] {
    leat_option out = option(LEAT_URL, "url", "Where the broker is.", nullptr, LEAT_OPTION_REQUIRED);
    out.example = "\"mq://host:1234\"";
    return out;
}();
inline const leat_option kPassword = option(LEAT_SECRET, "password", "Password.");
inline const leat_option kTls = [] {
    leat_option out = option(LEAT_BLOCK, "tls", "TLS towards the broker.");
    out.fields = kTlsFields;
    return out;
}();
inline const leat_option kKeepAlive =
    ranged(option(LEAT_DURATION, "keep_alive", "Longest silence.", "\"30s\"", LEAT_OPTION_ADVANCED), 1e9, 3600e9);
inline const leat_option kLargest = option(LEAT_SIZE, "max_packet_size", "Largest packet.", "\"1MiB\"");
inline const leat_option kPort = ranged(option(LEAT_INTEGER, "port", "Port.", "1883"), 1, 65535);
inline const leat_option kProperties = of(option(LEAT_MAP, "properties", "Settings passed through."), LEAT_STRING);
inline const leat_option kVersion = [] {
    leat_option out = option(LEAT_ENUM, "version", "Version of the protocol.", "0");
    out.allowed = kVersions;
    return out;
}();
inline const leat_option* const kBackendOptions[] = {&kUrl,  &kPassword,   &kTls,     &kKeepAlive, &kLargest,
                                                     &kPort, &kProperties, &kVersion, nullptr};

inline const leat_option kTopics =
    of(option(LEAT_LIST, "topics", "What to subscribe to.", nullptr, LEAT_OPTION_REQUIRED), LEAT_STRING);
inline const leat_option* const kSourceOptions[] = {&kTopics, nullptr};

inline const leat_option kTopic = [] {
    leat_option out = option(LEAT_TEMPLATE, "topic", "Topic to publish to.", nullptr, LEAT_OPTION_REQUIRED);
    out.example = "\"devices/${key}/cmd\"";
    return out;
}();
inline const leat_option kNobody = [] {
    leat_option out = option(LEAT_ENUM, "no_subscriber", "What to do | when nobody listens.", "\"ack\"");
    out.allowed = kNoSubscriber;
    return out;
}();
inline const leat_option* const kSinkOptions[] = {&kTopic, &kNobody, nullptr};

inline const leat_option kLimit = option(LEAT_NUMBER, "limit", "Degrees above which a reading passes.", "80");
inline const leat_option kWhen = option(LEAT_CONDITION, "when", "Which messages to look at.");
inline const leat_option kRate = option(LEAT_RATE, "rate", "At most so many.", "0");
inline const leat_option* const kStageOptions[] = {&kLimit, &kWhen, &kRate, nullptr};
inline const leat_option* const kNoOptions[] = {nullptr};

inline leat_descriptor descriptor(uint32_t kind, const char* name, uint32_t flags = 0) {
    leat_descriptor out{};
    out.size = sizeof out;
    out.kind = kind;
    out.name = name;
    out.version = "1.0.0";
    out.summary = "A sample.";
    out.flags = flags;
    return out;
}

inline const leat_descriptor kMq = [] {
    leat_descriptor out = descriptor(LEAT_KIND_BACKEND, "mq");
    out.promise = "Landed means that the broker has confirmed.";
    out.topic_separator = '/';
    out.options = kBackendOptions;
    out.source_options = kSourceOptions;
    out.sink_options = kSinkOptions;
    out.default_max_in_flight = 2000;
    out.default_max_in_flight_bytes = 1 << 20;
    return out;
}();
inline const leat_descriptor kLog = [] {  // a source alone, whose broker can be told of a reject
    leat_descriptor out = descriptor(LEAT_KIND_BACKEND, "log", LEAT_SOURCE_REJECTS | LEAT_SOURCE_NO_COMMIT);
    out.options = kNoOptions;
    out.source_options = kSourceOptions;
    return out;
}();
inline const leat_descriptor kNull = [] {  // a sink alone
    leat_descriptor out = descriptor(LEAT_KIND_BACKEND, "null");
    out.options = kNoOptions;
    out.sink_options = kNoOptions;
    return out;
}();
inline const leat_descriptor kAbove = [] {
    leat_descriptor out = descriptor(LEAT_KIND_STAGE, "above");
    out.options = kStageOptions;
    return out;
}();
inline const leat_descriptor kShuffle = descriptor(LEAT_KIND_STAGE, "shuffle", LEAT_STAGE_UNORDERED);

inline const leat_descriptor kSettler = [] {  // acknowledges by itself
    leat_descriptor out = descriptor(LEAT_KIND_STAGE, "settler", LEAT_STAGE_SETTLES);
    out.options = kNoOptions;
    return out;
}();

inline std::vector<const leat_descriptor*> all() { return {&kMq, &kLog, &kNull, &kAbove, &kShuffle, &kSettler}; }

inline Plugins plugins() {
    Plugins out;
    out.find = [](const std::string& name) -> const leat_descriptor* {
        for (const leat_descriptor* each : all()) {
            if (each->name == name) return each;
        }
        return nullptr;
    };
    out.names = [](uint32_t kind) {
        std::vector<std::string> names;
        for (const leat_descriptor* each : all()) {
            if (each->kind == kind) names.emplace_back(each->name);
        }
        return names;
    };
    out.why_not = [](const std::string& name) {
        return name == "broken" ? std::string("leat_broken.so was built for ABI 9.0, this host is 1.0")
                                : std::string();
    };
    return out;
}

}  // namespace leat::config::sample
