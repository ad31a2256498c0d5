// What a route may say about the console in `from` and `to`.
#pragma once
#include <leat/sdk/options.hpp>

#include <string>
#include <vector>

namespace leat::console {

enum class InputFormat { lines, json };
enum class OutputFormat { lines, json, null, measure };

struct SourceOptions {
    InputFormat format = InputFormat::lines;
    std::string topic = "stdin";
    std::string key_separator;
    Size max_line{1 << 20};

    static auto options() {
        return leat::options(
            option<&SourceOptions::format>("format",
                                           "lines: each line is a payload. json: each line is an object with topic, "
                                           "key, payload (or payload_base64) and headers.")
                .allowed({"lines", "json"}),
            option<&SourceOptions::topic>("topic", "Topic of the messages whose line does not name one."),
            option<&SourceOptions::key_separator>(
                "key_separator", "lines: what stands between key and payload; empty: there is no key.")
                .example("\":\""),
            option<&SourceOptions::max_line>("max_line", "The longest line; a longer one stops the route.")
                .range(1, 1 << 30)
                .advanced());
    }
};

struct SinkOptions {
    OutputFormat format = OutputFormat::lines;
    std::vector<std::string> show;
    std::string record;

    static auto options() {
        return leat::options(
            option<&SinkOptions::format>(
                "format",
                "lines: the payload and a newline. json: one object per line. null: nothing "
                "is printed; messages are acknowledged at once, for measurements. measure: the same, "
                "and the stamps of generate are read: what came, what came twice, what came "
                "behind a later one of its stream, and when.")
                .allowed({"lines", "json", "null", "measure"}),
            option<&SinkOptions::show>("show",
                                       "lines: what is printed before the payload, each with a tab behind it: topic, "
                                       "key, headers.")
                .example("[\"topic\", \"key\"]"),
            option<&SinkOptions::record>(
                "record",
                "measure: at the end this file gets, for each message in the order of "
                "arrival, the nanoseconds since it was due: 64-bit integers of this machine.")
                .advanced());
    }
};

}  // namespace leat::console
