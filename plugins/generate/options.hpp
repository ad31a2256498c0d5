// What a route may say in `from` about generated messages.
#pragma once
#include <leat/sdk/options.hpp>

#include <string>
#include <utility>
#include <vector>

namespace leat::generate {

enum class Kind { numbered, sensors, stamped };

struct SourceOptions {
    Kind kind = Kind::numbered;
    Rate rate;
    uint64_t count = 0;
    uint64_t first = 1;
    Size size;
    uint32_t devices = 1;
    std::string topic = "generated";
    std::string key;
    std::vector<std::pair<std::string, std::string>> headers;
    uint64_t seed = 1;
    uint32_t stream = 0;
    uint32_t batch = LEAT_BATCH_MAX;
    bool spin = false;
    std::string record;

    static auto options() {
        return leat::options(
            option<&SourceOptions::kind>(
                "kind",
                "numbered: the payload is the message's number. sensors: JSON with the "
                "temperature of a simulated device: {\"value\": 71.32, \"device\": 4, \"n\": "
                "17}. stamped: binary, with stream, number and the time at which the message was due, for the "
                "console's format measure; each device is a stream and counts for itself.")
                .allowed({"numbered", "sensors", "stamped"}),
            option<&SourceOptions::rate>("rate",
                                         "How many messages to make; 0: as fast as they are taken. What could not be "
                                         "emitted in time is made up for, up to 100 ms of it; stamped: all of it.")
                .example("\"1000/s\""),
            option<&SourceOptions::count>("count", "Stop after this many messages; 0: never.").range(0, 1e18),
            option<&SourceOptions::first>("first", "Number of the first message.").range(0, 1e18),
            option<&SourceOptions::size>("size",
                                         "Least size of a payload: numbers get zeros in front, JSON spaces behind.")
                .range(0, 1 << 20),
            option<&SourceOptions::devices>("devices", "How many devices take turns; each is a lane of its own.")
                .range(1, 1 << 20),
            option<&SourceOptions::topic>("topic", "Topic of the messages; {device} stands for the device's number.")
                .example("\"sensors/{device}/temp\""),
            option<&SourceOptions::key>("key",
                                        "Key of the messages; {device} stands for the device's number. Empty: none.")
                .example("\"{device}\""),
            option<&SourceOptions::headers>("headers", "Headers of all messages."),
            option<&SourceOptions::seed>("seed", "sensors: the same seed gives the same temperatures.").advanced(),
            option<&SourceOptions::stream>("stream", "stamped: the stream of the first device.").advanced(),
            option<&SourceOptions::batch>("batch", "The most messages that are handed on at once.")
                .range(1, LEAT_BATCH_MAX)
                .advanced(),
            option<&SourceOptions::spin>(
                "spin",
                "Keeps the shard turning between the messages of a rate instead of sleeping, "
                "so that each is made to the microsecond; takes a whole CPU.")
                .advanced(),
            option<&SourceOptions::record>("record",
                                           "stamped with a rate: at the end this file gets, for each message in "
                                           "order, the nanoseconds from when it was due until it and all before it "
                                           "were acknowledged: 64-bit integers of this machine.")
                .advanced());
    }
};

}  // namespace leat::generate
