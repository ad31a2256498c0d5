// What a configuration may say about memory: `from`, `to`; the backend's own are in backend.hpp.
#pragma once
#include <leat/sdk/options.hpp>

#include <string>
#include <vector>

namespace leat::memory {

struct SourceOptions {
    std::vector<std::string> topics;
    std::string group;

    static auto options() {
        return leat::options(
            option<&SourceOptions::topics>("topics", "Names of the topics to read.").required().example("[\"raw\"]"),
            option<&SourceOptions::group>("group",
                                          "Routes of the same group share the messages out; without one, the route "
                                          "sees every message."));
    }
};

struct SinkOptions {
    Template topic;
    Template ttl;

    static auto options() {
        return leat::options(option<&SinkOptions::topic>("topic", "Topic to store in.")
                                 .otherwise("\"${topic}\"")
                                 .example("\"alarms\""),
                             option<&SinkOptions::ttl>("ttl",
                                                       "How long a message is good, in place of the backend's ttl: a "
                                                       "duration, or a template that gives one (a bare number is "
                                                       "seconds; 0: for ever).")
                                 .example("\"${header:ttl:-30s}\""));
    }
};

}  // namespace leat::memory
