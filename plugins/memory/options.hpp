// What a configuration may say about memory: the backend, `from`, `to`.
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

    static auto options() {
        return leat::options(option<&SinkOptions::topic>("topic", "Topic to store in.")
                                 .otherwise("\"${topic}\"")
                                 .example("\"alarms\""));
    }
};

}  // namespace leat::memory
